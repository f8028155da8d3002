"""Where the values of a stream stand in the file."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from framestore_handlers import Stream
from numpy.typing import NDArray

from framestore.exporters.hdf5.streams import SEQ_NUM
from framestore.exporters.selection import Field

TIMES = "timestamps"
"""Group of a stream's group, with when each value was taken, and each frame begun."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """A stream that stands in the file."""

    stream: Stream
    """The stream."""
    group: Any
    """Its group."""
    paths: Mapping[str, str]
    """Where the dataset of each data key is."""
    images: Mapping[str, Field]
    """Those of the data keys that are frames."""

    def dataset(self, key: str) -> Any:
        """The dataset of a data key."""
        return self.group.file[self.paths[key]]

    def name(self, key: str) -> str:
        """What the dataset of a data key is called."""
        return self.paths[key].rpartition("/")[2]

    def seq_nums(self, key: str) -> NDArray[np.int64]:
        """Sequence number of each row of a dataset."""
        return self.group.file[self.dataset(key).attrs[SEQ_NUM]][()]

    def times(self, key: str) -> NDArray[np.float64] | None:
        """Time of each row of a dataset, POSIX seconds: of its event, or first frame; None where not all have one."""
        of_events, of_frames = self.group["time"][()], self.frame_times(key)
        if not np.array_equal(self.seq_nums(key), self.group[SEQ_NUM][()]):
            of_events = np.full(0, np.nan)
        found = of_events if _are_all_known(of_events) or of_frames is None else of_frames[:, 0]
        return found if _are_all_known(found) else None

    def frame_times(self, key: str) -> NDArray[np.float64] | None:
        """When each frame was begun, (events, frames), POSIX seconds; None where no file says, or there are none."""
        place = f"{TIMES}/{self.name(key)}"
        found = self.group[place][()] if key in self.images and place in self.group else None
        return found if found is not None and found.ndim == 2 else None

    def is_beside(self, key: str, signal: str) -> bool:
        """Whether the rows of a dataset belong to those of another."""
        return key in self.paths and np.array_equal(self.seq_nums(key), self.seq_nums(signal))

    def is_number(self, key: str) -> bool:
        """Whether a data key has one number an event."""
        if key not in self.paths or key in self.images:
            return False
        dataset = self.dataset(key)
        return dataset.ndim == 1 and dataset.dtype.kind in "iuf"


def _are_all_known(times: NDArray[np.float64]) -> bool:
    return len(times) > 0 and bool(np.all(np.isfinite(times)))
