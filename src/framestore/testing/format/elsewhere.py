"""Another process, which reads what this one writes."""

import inspect
import io
import json
import runpy
import subprocess
import sys
import traceback
from typing import IO, Any, Self

import numpy as np
from numpy.typing import NDArray

from framestore.testing.thread import OneThread

_CODE = "from framestore.testing.format.elsewhere import serve; serve()"
_PATIENCE = 60.0
"""Seconds that it may take to begin, and to read a file."""


class OtherProcess:
    """A process that has a class of tests, and calls methods of it that read files. In a ``with`` block it runs.

    Parameters
    ----------
    suite
        The class; it stands in a file by itself, not in a function.
    """

    def __init__(self, suite: type) -> None:
        self._suite = suite
        self._process: subprocess.Popen[bytes]
        self._thread: OneThread

    def __enter__(self) -> Self:
        """Start it."""
        self._process = subprocess.Popen([sys.executable, "-c", _CODE], stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603 - own code
        self._thread = OneThread("asks another process")
        self._send({"path": sys.path, "file": inspect.getfile(self._suite), "name": self._suite.__qualname__})
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None, "it is a pipe"
            pipe.close()
        self._thread.end()

    def call(self, method: str, *arguments: Any) -> NDArray[Any]:
        """The array that a method returns there; the arguments are JSON.

        Raises
        ------
        AssertionError
            When it raises, with what it raised; or does not return.
        """
        return self._thread.call(lambda: self._ask(method, arguments), f"{method} in another process", _PATIENCE)

    def begin(self, method: str, *arguments: Any) -> "Any":
        """A Future of what `call` returns."""
        return self._thread.begin(lambda: self._ask(method, arguments))

    def _ask(self, method: str, arguments: tuple[Any, ...]) -> NDArray[Any]:
        self._send({"method": method, "arguments": arguments})
        assert self._process.stdout is not None, "it is a pipe"
        kind, content = _receive(self._process.stdout)
        assert kind == b"+", f"another process cannot read it: {content.decode()}"
        return np.load(io.BytesIO(content))

    def _send(self, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None, "it is a pipe"
        self._process.stdin.write(json.dumps(message).encode() + b"\n")
        self._process.stdin.flush()


def serve() -> None:
    """What the other process does: a line says which class it is, and each further one what to call."""
    replies, sys.stdout = sys.stdout.buffer, sys.stderr  # what is printed must not come between the replies
    about = json.loads(sys.stdin.readline())
    sys.path[:] = about["path"]
    suite: Any = None
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            if suite is None:
                suite = _found(runpy.run_path(about["file"]), about["name"])
            kind, content = b"+", _saved(getattr(suite, asked["method"])(*asked["arguments"]))
        except Exception:  # noqa: BLE001 - the process that asked raises it
            kind, content = b"-", traceback.format_exc().encode()
        replies.write(kind + len(content).to_bytes(8, "little") + content)
        replies.flush()


def _found(names: dict[str, Any], name: str) -> Any:
    first, *others = name.split(".")
    found = names[first]
    for other in others:
        found = getattr(found, other)
    return found()


def _saved(array: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, np.asarray(array), allow_pickle=False)
    return file.getvalue()


def _receive(pipe: IO[bytes]) -> tuple[bytes, bytes]:
    head = pipe.read(9)
    assert len(head) == 9, "the other process has ended; see what it printed"
    return head[:1], pipe.read(int.from_bytes(head[1:], "little"))
