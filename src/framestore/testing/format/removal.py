"""Frames are taken out of files, and go to other files."""

import random

import pytest

from .subject import Begin, FormatSubject
from .written import WrittenFile

FRAMES = 7


class RemovalTests(FormatSubject):
    """What a plan needs that pauses and goes back, or that begins another stream."""

    @pytest.mark.parametrize("flushed", [True, False], ids=["flushed", "not flushed"])
    @pytest.mark.parametrize(("first", "frames"), [(0, 1), (0, FRAMES - 1), (3, 1), (2, 3), (FRAMES - 1, 1), (4, 3)])
    def test_frames_are_taken_out(self, begin: Begin, first: int, frames: int, *, flushed: bool) -> None:
        """At the beginning, in the middle, at the end: those behind move up, and others come behind them."""
        written = begin().append(FRAMES)
        if flushed:
            written.flush()
        written.remove(first, frames)
        written.append(2)
        written.flush()
        self.check_loaded(written, "stream")
        self._check_all(written)

    def test_all_frames_are_taken_out(self, begin: Begin) -> None:
        """Of others that come then, none is mistaken for them."""
        written = begin().append(FRAMES)
        written.flush()
        written.remove(0, FRAMES)
        written.append(2)
        self._check_all(written)

    def test_the_last_frames_are_taken_out_for_good(self, begin: Begin) -> None:
        """Nothing comes in their place: they are not in the file when it is closed."""
        written = begin().append(FRAMES)
        written.flush()
        written.remove(FRAMES - 2, 2)
        self._check_all(written)

    @pytest.mark.parametrize("seed", range(4))
    def test_any_history(self, begin: Begin, seed: int) -> None:
        """Frames are appended, flushed and taken out, in any order; in the end, those are there that should be."""
        choose, written = random.Random(seed), begin()  # noqa: S311 - no secret
        for _ in range(40):
            what = choose.choice(["append", "append", "flush", "remove"])
            if what == "append":
                written.append(choose.randint(1, 4))
            elif what == "flush":
                written.flush()
                self.check_loaded(written, "stream")
            elif written.rows:
                first = choose.randrange(len(written.rows))
                written.remove(first, choose.randint(1, len(written.rows) - first))
        written.append()
        self._check_all(written)

    @pytest.mark.parametrize("frames_per_point", [1, 3])
    def test_points_are_taken_out(self, begin: Begin, frames_per_point: int) -> None:
        """One that is not complete, and whole ones; those that stay are where their documents say."""
        written = begin(frames_per_point=frames_per_point).append(3 * frames_per_point)
        written.flush()
        written.append()
        written.remove(3 * frames_per_point, 1)
        written.remove(frames_per_point, frames_per_point)
        written.append(2 * frames_per_point)
        written.flush()
        self.check_loaded(written, "stream")
        written.close()
        self.check_loaded(written)

    @pytest.mark.parametrize("first", [0, 4, FRAMES])
    def test_frames_go_to_another_file(self, begin: Begin, first: int) -> None:
        """With all that is known of them; behind those that it has, and before those that come."""
        one, other = begin().append(FRAMES), begin(name="another").append(2)
        one.flush()
        one.copy_to(other, first)
        other.append(1)
        other.flush()
        one.remove(first, FRAMES - first)
        self.check_loaded(other, "stream")
        self._check_all(other)
        if first:
            self._check_all(one)

    def _check_all(self, written: WrittenFile) -> None:
        """Fail unless a file that is closed holds what it should."""
        written.close()
        self.check_file(written)
        self.check_loaded(written, "stream")
        found = self.read_info(written.path)
        if found is not None:
            ids = [info.frame_id for info in found]
            assert ids == [row.info.frame_id for row in written.rows], f"the ids in the file are {ids}"
