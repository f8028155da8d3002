"""What a shell completes."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from framestore_handlers.cli import main as handlers_main

from framestore.cli import main

COMMANDS = {"framestore": main, "framestore-handlers": handlers_main}
BASH = """
source <(_FRAMESTORE_COMPLETE=bash_source framestore)
complete -p framestore
COMP_WORDS=(framestore inf) COMP_CWORD=1
_framestore_completion framestore
echo "${COMPREPLY[@]}"
"""


@pytest.fixture
def complete():
    """Completions of the last of some words, each with its type, by click's protocol."""

    def complete(name, *words):
        variables = {
            f"_{name.upper().replace('-', '_')}_COMPLETE": "bash_complete",
            "COMP_WORDS": " ".join([name, *map(str, words)]),
            "COMP_CWORD": str(len(words)),
        }
        done = CliRunner().invoke(COMMANDS[name], prog_name=name, env=variables)
        assert (done.exit_code, done.stderr) == (0, "")
        return done.stdout.splitlines()

    return complete


def test_bash_itself():
    places = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "-c", BASH], capture_output=True, text=True, check=True, env=os.environ | {"PATH": places}
    )
    assert done.stdout.splitlines() == ["complete -o nosort -F _framestore_completion framestore", "info"]


@pytest.mark.parametrize("shell", ["zsh", "fish"])
@pytest.mark.parametrize("name", ["framestore", "framestore-handlers"])
def test_other_shells_get_a_script(name, shell):
    variable = f"_{name.upper().replace('-', '_')}_COMPLETE"
    done = CliRunner().invoke(COMMANDS[name], prog_name=name, env={variable: f"{shell}_source"})
    assert done.exit_code == 0
    assert re.search(rf"^ *(compdef|complete) .*{name}", done.stdout, re.MULTILINE)


def test_commands_and_options(complete):
    assert complete("framestore", "") == [f"plain,{name}" for name in ("demo", "doctor", "export", "info", "verify")]
    assert complete("framestore", "export", "--sub") == ["plain,--subtract", "plain,--subtraction"]
    assert complete("framestore", "export", "a.jsonl", "out", "--format", "n") == ["plain,nexus"]
    assert complete("framestore-handlers", "v") == ["plain,verify"]


def test_files_and_uids(complete, recorded):
    assert complete("framestore", "info", "/da") == ["file,/da"]
    found = complete("framestore-handlers", "info", recorded.documents, "--uid", recorded.uids[0][:6])
    assert found == [f"plain,{recorded.uids[0]}"]
    (recorded.documents / "settings.json").write_text("{}")
    assert len(complete("framestore", "verify", recorded.documents, "--uid", "''")) == 2
    assert complete("framestore", "verify", recorded.folder / "nowhere", "--uid", "a") == [""]
