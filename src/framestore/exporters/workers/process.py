"""A process that does pieces of work: how it is started, and what it runs.

It runs no script anew, as those of `multiprocessing` do: exports work from scripts without
``if __name__ == "__main__":``, from a prompt, and from a notebook.
"""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from typing import IO, Any

from .sent import done

_CODE = """
import json, sys
sys.path[:] = json.loads(sys.argv[1])
from framestore.exporters.workers.process import serve
serve()
"""
_LENGTH = 8
"""Bytes that tell how many follow."""
_OWN_GROUP: Any = {"process_group": 0} if os.name == "posix" else {"creationflags": 0x200}
"""A group of its own: ``CREATE_NEW_PROCESS_GROUP``, where there are no such of POSIX."""


class Process:
    """Another process, which does one piece after the other."""

    def __init__(self) -> None:
        command = [sys.executable, "-P", "-c", _CODE, json.dumps([str(path) for path in sys.path])]
        # Ctrl-C is for the process that exports, which ends this one: it is in another group
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, **_OWN_GROUP)  # noqa: S603 - own code

    def do(self, piece: bytes) -> bytes:
        """What became of a piece; see `done`.

        Raises
        ------
        OSError
            When the process is ended before.
        """
        try:
            _send(self._process.stdin, piece)
            answer = _received(self._process.stdout)
        except OSError:
            answer = None
        if answer is None:
            raise self._ended()
        return answer

    def give_up(self) -> None:
        """End it, whatever it is at; who waits for a piece gets the error of `do`."""
        self._process.kill()

    def close(self) -> None:
        """End it, and wait until it has ended; nobody may wait for a piece any more."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()
        self._process.wait()

    def _ended(self) -> OSError:
        code = self._process.wait()
        if code < 0:
            msg = (
                f"a process of the export was killed by signal {-code} ({signal.strsignal(-code)}); was memory short? "
                "Export again, with fewer workers"
            )
        else:
            msg = f"a process of the export has ended with status {code}; it has told why on its stderr"
        return OSError(msg)


def serve() -> None:
    """Do what comes by stdin, and tell what became of it by stdout, until stdin ends: who has started it is gone."""
    pieces: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    with os.fdopen(os.dup(0), "rb") as given, os.fdopen(os.dup(1), "wb") as told:
        _leave_alone()
        threading.Thread(target=_receive, args=(given, pieces), name="framestore pieces", daemon=True).start()
        while True:
            _send(told, done(pieces.get()))


def _leave_alone() -> None:
    """What pieces read or print is not what is sent: stdin is empty, and stdout is stderr."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)


def _receive(given: IO[bytes], pieces: "queue.SimpleQueue[bytes]") -> None:
    """Take pieces; end the process when there are no more, also in the middle of one: nobody waits for it."""
    while (piece := _received(given)) is not None:
        pieces.put(piece)
    os._exit(0)


def _send(pipe: IO[bytes] | None, message: bytes) -> None:
    assert pipe is not None  # noqa: S101 - see Popen
    pipe.write(len(message).to_bytes(_LENGTH, "little"))
    pipe.write(message)
    pipe.flush()


def _received(pipe: IO[bytes] | None) -> bytes | None:
    """A message; None when there are no more, or it was cut off."""
    assert pipe is not None  # noqa: S101 - see Popen
    head = pipe.read(_LENGTH)
    length = int.from_bytes(head, "little")
    message = pipe.read(length) if len(head) == _LENGTH else b""
    return message if len(head) == _LENGTH and len(message) == length else None
