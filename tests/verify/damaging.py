"""The child process of the fuzz of verify: it damages files, and has them verified. It may crash, or run out of memory.

Arguments: the folder, and how many times. The folder holds ``documents.json`` and, in ``frames``, the files.
"""

import json
import random
import resource
import sys
import warnings
from pathlib import Path

import framestore_handlers

MEMORY = 2**31
"""Bytes of addresses more than at the beginning."""


def damaged(content, draw):
    """The content of a file after some damage."""
    content = bytearray(content)
    for _ in range(draw.randint(1, 3)):
        at = draw.randrange(len(content)) if content else 0
        match draw.choice(("flip", "put", "cut", "remove", "insert")):
            case "flip":
                content[at : at + 1] = bytes(byte ^ 1 << draw.randrange(8) for byte in content[at : at + 1])
            case "put":
                new = draw.choice((bytes(4), b"\xff" * 8, b"\x7f", bytes(64), draw.randbytes(9)))
                content[at : at + len(new)] = new
            case "cut":
                del content[at:]
            case "remove":
                del content[at : at + draw.randint(1, 64)]
            case "insert":
                content[at:at] = draw.randbytes(draw.randint(1, 16))
    return bytes(content)


def main():
    warnings.simplefilter("ignore")
    folder, times = Path(sys.argv[1]), int(sys.argv[2])
    documents = json.loads((folder / "documents.json").read_text())
    for deep in (False, True):
        assert framestore_handlers.verify(documents, deep=deep).ok
    with open("/proc/self/statm") as statm:  # noqa: PTH123 - no file
        taken = int(statm.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (taken + MEMORY, taken + MEMORY))
    files = sorted(path for path in (folder / "frames").rglob("*") if path.is_file())
    for seed in range(times):
        draw = random.Random(seed)  # noqa: S311 - the same each time
        file = draw.choice(files)
        whole = file.read_bytes()
        file.write_bytes(damaged(whole, draw))
        (folder / "seed").write_text(f"{seed} {file}")
        reports = [framestore_handlers.verify(documents, deep=deep) for deep in (False, True)]
        texts = [str(report) for report in reports]
        assert all(text.startswith("run ") for text in texts)
        assert reports[0].ok or not reports[1].ok, f"{seed}: a deep look found less: {texts}"
        if not file.stat().st_size and file.parent.name not in {"frame_id", "timestamp", "exposure_time"}:
            assert not any(reports) or file.name == "zarr.json", f"{seed}: {texts}"
        file.write_bytes(whole)


if __name__ == "__main__":
    main()
