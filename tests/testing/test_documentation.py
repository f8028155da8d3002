"""The examples of docs/how-to/test-your-own.md are files, and pass, in a pytest that has none of our configuration."""

import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parent.parent.parent / "docs/how-to/test-your-own.md"
NOT_SHOWN_HERE = "TestMyCamera and not test_count or test_many_frames"  # the conformance tests of ours run all of them


def test_the_examples_pass(tmp_path):
    blocks = re.findall(r"^```python\n# (\w+\.py)\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    assert len(blocks) == 9
    for name, code in blocks:
        (tmp_path / name).write_text(code)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    options = ["-v", "-p", "no:cacheprovider", "--basetemp", tmp_path / "tmp", "-k", f"not ({NOT_SHOWN_HERE})"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for suite in ("my_camera", "my_saving_camera", "my_paths", "my_format", "my_handler", "my_detector"):
        assert f"test_{suite}.py::" in done.stdout
