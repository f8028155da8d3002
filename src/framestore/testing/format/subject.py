"""What the tests of a format have in common: what its implementer says, and how frames are compared."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import framestore_handlers
import numpy as np
import pytest
from framestore_handlers.layout import SeriesLayout
from framestore_handlers.templates import parse
from numpy.typing import ArrayLike, NDArray

from framestore.formats import Format
from framestore.frame import FrameInfo

from .documents import KEY, Pairs, datum_documents, stream_documents
from .elsewhere import OtherProcess
from .frames import COLOUR, EMPTY, MONO, OTHERS, Form
from .written import Row, StoredFrames, WrittenFile

NAME = "größe {7} no. 1"
"""What files are called, without the suffix: what users like, and templates of names may stumble on."""

Begin = Callable[..., WrittenFile]
"""Begins a file; see `FormatSubject.begin`."""


class FormatSubject:
    """Files of a format, which tests write and read."""

    dtypes: ClassVar[tuple[str, ...]] = ()
    """Dtypes of the grey frames, (height, width), that it holds."""
    colour_dtypes: ClassVar[tuple[str, ...]] = ()
    """Dtypes of the RGB frames, (height, width, 3), that it holds."""
    shapes: ClassVar[tuple[tuple[int, ...], ...]] = (*MONO, *COLOUR, *OTHERS, *EMPTY)
    """Shapes that it is tried with: each dtype with each."""
    loss: ClassVar[float] = 0
    """By how much a pixel of a smooth frame may differ when it is read back; 0 where the format is not lossy."""
    many: ClassVar[int] = 10_000
    """Frames of a long run."""
    handlers: ClassVar[Mapping[str, Any]] = {}
    """Handler class by spec and by mimetype, where it is not one of framestore_handlers."""

    @pytest.fixture
    def settings(self) -> Format:
        """The format, as a camera gets it."""
        msg = "return your format from a fixture named 'settings' of the class that inherits FormatTests"
        raise NotImplementedError(msg)

    def read(self, path: Path) -> ArrayLike:
        """All frames that there are, (frames, \\*frame shape), by a reader that is not framestore's.

        It is called in another process, too, while this one writes.

        Parameters
        ----------
        path
            What the writer got; see `files` for a series of them.
        """
        raise NotImplementedError

    def read_info(self, path: Path) -> Sequence[FrameInfo] | None:
        """What the file says of each frame, by a reader that is not framestore's; None where it keeps nothing."""
        del path

    def read_checksums(self, path: Path) -> Sequence[int] | None:
        """The checksum that the file tells of each frame, by a reader that is not framestore's; None: it keeps none."""
        del path

    def make_checksums(self, written: StoredFrames) -> Sequence[int]:
        """What it should tell, made by xxhash alone: of the pixels of each frame, in C order."""
        from xxhash import xxh3_64_intdigest  # noqa: PLC0415 - an extra

        return [xxh3_64_intdigest(row.array.tobytes()) for row in written.rows]

    def changed(self, settings: Format, **changes: Any) -> Any:
        """The format with other settings."""
        return dataclasses.replace(settings, **changes)  # pyright: ignore[reportArgumentType, reportCallIssue] - it is one

    def files(self, path: Path) -> list[Path]:
        """The files of a series, in order."""
        template = parse(path.name)
        return sorted(file for file in path.parent.iterdir() if template.matches(file.name))

    @pytest.fixture
    def begin(self, settings: Format, tmp_path: Path) -> Iterator[Begin]:
        """Begins files: ``begin(form=..., name=..., settings=..., frames_per_point=1)``; all are closed at the end."""
        begun: list[WrittenFile] = []

        def begin(form: Form | None = None, name: str = NAME, given: Format | None = None, **more: Any) -> WrittenFile:
            chosen = settings if given is None else given
            path = self.path(tmp_path / "frames", chosen, name)
            begun.append(WrittenFile(chosen, path, form or self.form(), name=name, **more))
            return begun[-1]

        yield begin
        for written in begun:
            written.end()

    @pytest.fixture(scope="class")
    @classmethod
    def elsewhere(cls) -> Iterator[OtherProcess]:
        """Another process, which has this class, too."""
        with OtherProcess(cls) as process:
            yield process

    def form(self) -> Form:
        """Frames that it holds."""
        assert self.dtypes, f"say which dtypes {type(self).__name__} holds: dtypes = ('uint8', ...)"
        return Form(shape=(6, 9), dtype=np.dtype("uint16" if "uint16" in self.dtypes else self.dtypes[0]))

    def path(self, folder: Path, settings: Format, name: str = NAME) -> Path:
        """What the writer gets, in a folder that is there then."""
        folder.mkdir(exist_ok=True)
        return folder / settings.layout.file_name(name)

    def is_series(self, settings: Format) -> bool:
        """Whether it has one file a frame."""
        return isinstance(settings.layout, SeriesLayout)

    def first_file(self, settings: Format, path: Path) -> Path:
        """The file, or the first of the series."""
        return path.with_name(path.name.format(0)) if self.is_series(settings) else path

    def documents(self, written: StoredFrames, family: str = "stream") -> Pairs:
        """Documents of all frames that were appended, as a camera emits them."""
        frames, layout = written.frames_per_point, written.settings.layout
        compose = stream_documents if family == "stream" else datum_documents
        points = len(written.rows) // frames
        return compose(layout, written.path.parent, written.name, written.form, points, frames)

    def load(self, documents: Sequence[Sequence[Any]]) -> NDArray[Any]:
        """All frames of a run, by ``framestore_handlers.load``: (frames, \\*frame shape)."""
        pairs = [(name, document) for name, document in documents]  # lists, where they come out of JSON
        array = framestore_handlers.load(pairs, handlers=self.handlers)["primary"].read(KEY)
        return array.reshape(-1, *array.shape[2:])

    def read_path(self, path: str) -> ArrayLike:
        """What `read` gives, for another process."""
        return self.read(Path(path))

    def check_file(self, written: StoredFrames, what: str = "a file") -> None:
        """Fail unless the independent reader finds the frames that should be in a file, and no others."""
        found = np.asarray(self.read(written.path))
        self.check(found, written.rows, f"{what}, read by {type(self).__name__}.read,", written.form)

    def check_loaded(self, written: StoredFrames, *families: str) -> None:
        """Fail unless `load` finds the frames that should be in a file, in the dtype that was announced."""
        for family in families or ("stream", "datum"):
            found = self.load(self.documents(written, family))
            self.check(found, written.rows, f"what load finds by {family} documents", written.form)
            assert found.dtype == written.form.dtype, f"{written.form} were loaded as {found.dtype}"

    def check_numbers(self, written: StoredFrames) -> None:
        """Fail unless the file says of each frame what was said of it."""
        found = self.read_info(written.path)
        if found is None:
            pytest.skip(f"{type(self).__name__} has no read_info")
        assert len(found) == len(written.rows), f"there are the numbers of {len(found)} frames, not {len(written.rows)}"
        for k, (info, row) in enumerate(zip(found, written.rows, strict=True)):
            assert info.frame_id == row.info.frame_id, f"frame {k} has the id {info.frame_id}, not {row.info.frame_id}"
            for name in ("timestamp", "exposure_time"):
                value, said = getattr(info, name), getattr(row.info, name)
                assert abs(value - said) < 1e-6, f"frame {k} has the {name} {value!r}, not {said!r}"

    def check(self, found: NDArray[Any], rows: Sequence[Row], what: str, form: Form) -> None:
        """Fail unless these are the frames of these rows, with all bits; of a lossy format, nearly."""
        expected = np.array([row.array for row in rows]).reshape(-1, *form.shape)
        assert found.shape == expected.shape, f"{form}: {what} has the shape {found.shape}, expected {expected.shape}"
        native = form.dtype.newbyteorder("=")
        assert found.dtype.newbyteorder("=") == native, f"{form}: {what} has the dtype {found.dtype}"
        if self.loss:
            off = np.abs(found.astype("f8") - expected.astype("f8")).max(initial=0)
            assert off <= self.loss, f"{form}: {what} is off by {off:g}, more than {self.loss:g}"
            return
        wrong = [k for k in range(len(rows)) if _bits(found[k], native) != _bits(expected[k], native)]
        assert not wrong, f"{form}: {what} has other pixels in the frames {wrong[:20]} of {len(rows)}"


def _bits(frame: NDArray[Any], native: np.dtype[Any]) -> bytes:
    """The bytes of a frame in this computer's order: NaN is compared, too."""
    return frame.astype(native).tobytes()
