"""The workers of a dask cluster."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from contextlib import suppress
from typing import Any

from .sent import done, packed, result
from .workers import Item, Result

_AHEAD = 2
"""Pieces that are under way for each thread of a worker: one that it does, and one that waits."""
_SMALL = 2**20
"""Bytes of a piece that goes by way of the scheduler; a larger one goes straight to a worker."""
_PATIENCE = 60.0
"""Seconds for which pieces are waited for that nobody wants any more: workers cannot let go of one."""


class Cluster:
    """Pieces on the workers of dask.distributed, which see the same files by the same names.

    Parameters
    ----------
    address
        Of the scheduler, such as ``"tcp://10.0.0.1:8786"``.

    Raises
    ------
    ModuleNotFoundError
        When distributed is not installed; it names the command that mends it.
    OSError
        When there is no scheduler, or it has no workers.
    """

    def __init__(self, address: str) -> None:
        try:
            from distributed import Client  # noqa: PLC0415 - it is optional, and slow to import
        except ModuleNotFoundError as error:
            msg = "an export by a scheduler needs dask.distributed: pip install 'framestore[distributed]'"
            raise ModuleNotFoundError(msg, name="distributed") from error
        self._address = address
        self._client: Any = Client(address, set_as_default=False)
        self._count = sum(self._client.nthreads().values())
        if not self._count:
            self._client.close()
            msg = f"the scheduler {address} has no workers; start some: dask worker {address}"
            raise OSError(msg)

    @property
    def count(self) -> int:
        """How many threads the workers had."""
        return self._count

    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """Results of the pieces, in their order; see `Workers`."""
        under_way: deque[Any] = deque()
        try:
            for item in items:
                under_way.append(self._submit(packed(function, item)))
                if len(under_way) >= _AHEAD * self._count:
                    yield self._result(under_way.popleft())
            while under_way:
                yield self._result(under_way.popleft())
        finally:
            if under_way:
                self._end(list(under_way))

    def close(self) -> None:
        """Leave the cluster."""
        self._client.close()

    def _submit(self, piece: bytes) -> Any:
        sent = self._client.scatter(piece, hash=False) if len(piece) > _SMALL else piece
        return self._client.submit(done, sent, pure=False)

    def _result(self, future: Any) -> Any:
        try:
            return result(future.result())
        except CancelledError as error:
            msg = f"the scheduler {self._address} is gone, or has cancelled the export: {error}; export again"
            raise OSError(msg) from error

    def _end(self, under_way: list[Any]) -> None:
        """Wait for pieces that nobody wants any more: what they still write would be left behind."""
        from distributed import wait  # noqa: PLC0415 - see __init__

        with suppress(Exception), self._client.as_current():  # the error that has ended the export counts
            wait(under_way, timeout=_PATIENCE)
        with suppress(Exception):
            self._client.cancel(under_way)
