"""Damage to files, as hypothesis draws it, and a process beside this one that reads what is left."""

import json
import os
import select
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

from hypothesis import strategies as st

WORKER = Path(__file__).parent / "fuzz" / "worker.py"
PATIENCE = 60
"""Seconds after which a case hangs; none takes one."""
MEMORY = 2**31
"""Bytes of addresses that reading may take, of which threads have their part."""
ODD = [b"\x00", b"\xff", b"\x7f", b"\x01", b"\x80", *[byte * 4 for byte in (b"\x00", b"\xff")], b"\xff" * 8, bytes(64)]
"""Bytes that stand for numbers at the edge."""

_places = st.floats(0, 1, exclude_max=True)
"""Where in a file, of which the length is not known when they are drawn."""
_one = st.one_of(
    st.tuples(st.just("flip"), _places, st.integers(0, 7)),
    st.tuples(st.just("put"), _places, st.sampled_from(ODD) | st.binary(min_size=1, max_size=9)),
    st.tuples(st.just("cut"), _places),
    st.tuples(st.just("copy"), _places, _places, st.integers(1, 64)),
    st.tuples(st.just("remove"), _places, st.integers(1, 64)),
    st.tuples(st.just("insert"), _places, st.binary(min_size=1, max_size=16)),
)
damages = st.lists(_one, min_size=1, max_size=3)
"""What is done to a file, one after another."""


def damaged(content, damage):
    """The content of a file after some damage."""
    content = bytearray(content)
    for kind, place, *more in damage:
        at = int(place * len(content))
        match kind, *more:
            case "flip", bit:
                content[at : at + 1] = bytes(byte ^ 1 << bit for byte in content[at : at + 1])
            case "put", new:
                content[at : at + len(new)] = new
            case "cut", *_:
                del content[at:]
            case "copy", other, length:
                start = int(other * len(content))
                piece = content[start : start + length]
                content[at : at + len(piece)] = piece
            case "remove", length:
                del content[at : at + length]
            case "insert", new:
                content[at:at] = new
    return bytes(content)


class CrashError(AssertionError):
    """The process that reads ended, or hung."""


class Beside:
    """A process that reads, and is replaced when it crashed."""

    def __init__(self):
        self._process = None

    def read(self, documents, right, **kwargs):
        """What comes of reading: ``right``, ``other``, or kinds of the exception; and its text.

        ``right`` is the path of the frames that are right, as numpy saves them.
        """
        process = self._process or self._begin()
        process.stdin.write(json.dumps([documents, os.fspath(right), kwargs]) + "\n")
        process.stdin.flush()
        if not select.select([process.stdout], [], [], PATIENCE)[0]:
            self.end()
            raise CrashError(f"reading did not end within {PATIENCE} seconds")
        answer = process.stdout.readline()
        if not answer:
            code = process.wait()
            self.end()
            raise CrashError(f"the process that read ended by {code}")
        return json.loads(answer)

    def _begin(self):
        command = [sys.executable, WORKER]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._process.stdin.write(json.dumps(MEMORY) + "\n")
        return self._process

    def end(self):
        if self._process:
            self._process.kill()
            self._process.communicate()
        self._process = None


@contextmanager
def beside():
    """That process, for as long as a ``with`` block lasts."""
    process = Beside()
    try:
        yield process
    finally:
        process.end()
