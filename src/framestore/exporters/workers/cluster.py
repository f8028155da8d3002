"""The workers of a dask cluster."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from .workers import Item, Result

_AHEAD = 2
"""Pieces that are under way for each worker."""


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
        self._client: Any = Client(address, set_as_default=False)
        self._count = len(self._client.scheduler_info(n_workers=-1)["workers"])
        if not self._count:
            self._client.close()
            msg = f"the scheduler {address} has no workers; start some: dask worker {address}"
            raise OSError(msg)

    @property
    def count(self) -> int:
        """How many workers there were."""
        return self._count

    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """Results of the pieces, in their order; see `Workers`."""
        under_way: deque[Any] = deque()
        try:
            for item in items:
                under_way.append(self._client.submit(function, item, pure=False))
                if len(under_way) >= _AHEAD * self._count:
                    yield under_way.popleft().result()
            while under_way:
                yield under_way.popleft().result()
        finally:
            self._client.cancel(list(under_way))

    def close(self) -> None:
        """Leave the cluster."""
        self._client.close()
