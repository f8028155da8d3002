"""The readers of the field, which make handlers and call them."""

import pickle
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from typing import Any

import cloudpickle
import event_model
import numpy as np
import pytest

import framestore_handlers

from .documents import KEY, MIMETYPE, SPEC, Pairs, datum_documents, stream_documents
from .subject import HandlerSubject, Write, WrittenFrames

_PICKLED_BYTES = 4096
"""That a block of frames may have at most, as it is sent to a worker."""


class ReaderTests(HandlerSubject):
    """event-model's ``Filler``, ``load``, and dask, here and in another process."""

    @pytest.mark.parametrize("coerce", ["as_is", "force_numpy"])
    def test_filler_fills_events(self, written: Write, coerce: str) -> None:
        """By Resource and Datum; with ``force_numpy`` each is an array in memory."""
        for frames in self.frames_per_point:
            files = written(frames)
            for number, filled in enumerate(self.filled(self.datums(files), coerce=coerce)):
                if coerce == "force_numpy":
                    assert isinstance(filled, np.ndarray), f"Filler gives a {type(filled).__name__}"
                    self.check_pixels(filled, files.points[number], f"point {number}, filled,")
                else:
                    self.check(filled, files.points[number], f"point {number}, filled,")

    def test_load_gives_the_frames(self, written: Write) -> None:
        """By both families of documents: any range of events, in blocks of any size."""
        for frames in self.frames_per_point:
            files = written(frames)
            for name, handlers, pairs in self.families(files):
                for start, stop in ((0, None), (1, None), (0, 1), (1, 2)):
                    found = self.stream(pairs, handlers).read(KEY, start, stop)
                    self.check_pixels(found, files.points[start:stop], f"load by {name} documents: {start} to {stop}")
                for block_bytes in (1, 3 * files.frames[0].nbytes, 2**20):
                    array = self.stream(pairs, handlers, block_bytes=block_bytes)[KEY]
                    found = array.compute(scheduler="threads")
                    self.check_pixels(found, files.points, f"load by {name} documents, blocks of {block_bytes} bytes,")

    def test_moved_files_are_found(self, written: Write) -> None:
        """With ``root_map``, by ``Filler`` and by ``load``."""
        files = written()
        families, root = self.families(files), files.folder.parent
        moved = root.with_name(f"{root.name} moved")
        root.rename(moved)
        root_map = {str(root): str(moved)}
        for number, filled in enumerate(self.filled(families[0][2], root_map=root_map)):
            self.check(filled, files.points[number], f"point {number}, filled out of files that were moved,")
        for name, handlers, pairs in families:
            found = self.stream(pairs, handlers, root_map=root_map).read(KEY)
            self.check_pixels(found, files.points, f"load by {name} documents of files that were moved")

    def test_blocks_are_small(self, written: Write) -> None:
        """When they are pickled, as dask does, whatever size their frames are: they go to workers by the thousand."""
        files = written()
        for name, handlers, pairs in self.families(files):
            for block in self.stream(pairs, handlers, block_bytes=1)[KEY].__dask_graph__().values():
                self.check_pickled(block, f"a block of load by {name} documents")
        if self.lazy:
            self.check_pickled(self.made(files)(point_number=1), "a point")

    def test_another_process_computes_blocks(self, written: Write) -> None:
        """Without being told of the handler."""
        if not self.processes:
            pytest.skip(f"{type(self).__name__} says processes = False")
        files = written()
        for name, handlers, pairs in self.families(files):
            array = self.stream(pairs, handlers, block_bytes=2 * files.frames[0].nbytes)[KEY]
            found = array.compute(scheduler="processes", pool=_process())
            self.check_pixels(found, files.points, f"load by {name} documents, in another process,")
        if self.lazy:
            point = self.made(files)(point_number=1)
            found = point.compute(scheduler="processes", pool=_process())
            self.check_pixels(found, files.points[1], "a point, in another process,")

    def datums(self, files: WrittenFrames) -> Pairs:
        """Documents with Resource and Datum."""
        return datum_documents(files, bursts=self.frames_per_point != (1,))

    def families(self, files: WrittenFrames) -> list[tuple[str, dict[str, Any], Pairs]]:
        """(name, handlers, documents) of both families."""
        streams = stream_documents(files, bursts=self.frames_per_point != (1,))
        handler = type(self).handler
        return [("datum", {SPEC: handler}, self.datums(files)), ("stream", {MIMETYPE: handler}, streams)]

    def stream(self, pairs: Pairs, handlers: dict[str, Any], **options: Any) -> framestore_handlers.Stream:
        """The stream of a run, as `load` gives it."""
        return framestore_handlers.load(pairs, handlers=handlers, **options)["primary"]

    def filled(self, pairs: Pairs, **options: Any) -> list[Any]:
        """What ``Filler`` puts into each event, in order."""
        with event_model.Filler({SPEC: type(self).handler}, inplace=False, retry_intervals=[], **options) as filler:
            documents = [filler(name, document) for name, document in pairs]
        return [document["data"][KEY] for name, document in documents if name == "event"]

    def check_pickled(self, value: Any, what: str) -> None:
        """Fail unless it can be pickled, and is small then."""
        try:
            size = len(cloudpickle.dumps(value))
        except (TypeError, AttributeError, pickle.PicklingError) as error:
            pytest.fail(f"{what} cannot be pickled: {error}")
        assert size < _PICKLED_BYTES, f"{what} has {size} bytes when it is pickled, {_PICKLED_BYTES} or more"


@cache
def _process() -> ProcessPoolExecutor:
    """One process for all tests: to begin another takes a second. It ends with this one."""
    return ProcessPoolExecutor(1, mp_context=get_context("spawn"))
