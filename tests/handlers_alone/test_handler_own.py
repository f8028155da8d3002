"""Handlers that users write: the two bases, and how they fail."""

import contextlib
import functools

import event_model
import framestore_handlers
import h5py
import numpy as np
import pytest
from framestore_handlers import MissingFileError, PointHandler, SeriesHandler, UntrustedPathError
from own_formats import NumpySeriesHandler, NumpyStackHandler

FRAMES = np.arange(6 * 4 * 5, dtype="uint16").reshape(6, 4, 5)
POINTS = FRAMES.reshape(3, 2, 4, 5)


def documents(path, family="datum", **kwargs):
    """A run of three points of two frames, as the user's own writer tells of it."""
    run = event_model.compose_run()
    external = "FILESTORE:" if family == "datum" else "STREAM:"
    key = {"source": "s", "dtype": "array", "dtype_numpy": "<u2", "shape": [2, 4, 5], "external": external}
    descriptor = run.compose_descriptor(name="primary", data_keys={"image": key})
    head = [("start", run.start_doc), ("descriptor", descriptor.descriptor_doc)]
    if family == "stream":
        resource = run.compose_stream_resource(
            mimetype="application/x-my", uri=f"file://localhost{path}", data_key="image", parameters=kwargs
        )
        rows = event_model.StreamRange(start=0, stop=3), event_model.StreamRange(start=1, stop=4)
        datum = resource.compose_stream_datum(*rows, descriptor.descriptor_doc)
        return [*head, ("stream_resource", resource.stream_resource_doc), ("stream_datum", datum)]
    resource = run.compose_resource("MY", str(path.parent), path.name, kwargs)
    rows = []
    for k in range(3):
        datum = resource.compose_datum({"point_number": k})
        event = descriptor.compose_event(
            data={"image": datum["datum_id"]}, timestamps={"image": 0.0}, filled={"image": False}
        )
        rows += [("datum", datum), ("event", event)]
    return [*head, ("resource", resource.resource_doc), *rows]


def stream(handler, path, family="datum", *, allowed_roots=None, **kwargs):
    pairs = documents(path, family, **kwargs)
    handlers = {"MY": handler, "application/x-my": handler}
    return framestore_handlers.load(pairs, handlers=handlers, allowed_roots=allowed_roots)["primary"]


class InHDF5(PointHandler):
    """The function closes its file by itself, and takes what the document says."""

    document_kwargs = frozenset({"dataset"})

    @staticmethod
    @contextlib.contextmanager
    def open_frames(path, dataset="/frames"):
        with h5py.File(path) as file:
            yield file[dataset]


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file["/frames"] = FRAMES
        file["/others"] = FRAMES[::-1]
    return path


@pytest.mark.parametrize("family", ["datum", "stream"])
def test_arguments_of_the_documents_reach_the_function(file, family):
    """Those that say how frames make up events do not, unless it asks for them."""
    structure = {"datum": {"frame_per_point": 2}, "stream": {"chunk_shape": [1, 2, 4, 5], "join_method": "stack"}}
    found = stream(InHDF5, file, family, dataset="/others", swmr=True, **structure[family])
    np.testing.assert_array_equal(found["image"].compute(), FRAMES[::-1].reshape(3, 2, 4, 5))
    np.testing.assert_array_equal(found.read("image", 1, 2)[0], FRAMES[::-1][2:4])
    handler = InHDF5(file, frame_per_point=2, dataset="/others")
    np.testing.assert_array_equal(handler(2).compute(), FRAMES[::-1][4:])


class Sliced:
    """Frames that have a shape, a dtype and slices, and nothing more."""

    shape, dtype = FRAMES.shape, FRAMES.dtype

    def __getitem__(self, key):
        return FRAMES[key]


class InSlices(PointHandler):
    open_frames = staticmethod(lambda path: Sliced())


def test_frames_need_a_shape_a_dtype_and_slices_only(file):
    np.testing.assert_array_equal(stream(InSlices, file, frame_per_point=2)["image"].compute(), POINTS)
    handler = InSlices(file, frame_per_point=2)
    np.testing.assert_array_equal(handler(2).compute(), POINTS[2])
    with pytest.raises(OSError, match="it holds 6"):
        handler(3)


class Along(PointHandler):
    """It asks for one of them."""

    document_kwargs = frozenset({"swmr"})

    @staticmethod
    @contextlib.contextmanager
    def open_frames(path, swmr=False):  # noqa: FBT002 - as documents have it
        assert swmr
        with h5py.File(path) as file:
            yield file["/frames"]


def test_a_function_that_asks_for_an_argument_is_given_it(file):
    np.testing.assert_array_equal(stream(Along, file, frame_per_point=2, swmr=True).read("image"), POINTS)
    np.testing.assert_array_equal(Along(file, 2, swmr=True)(0).compute(), POINTS[0])


def test_arguments_that_it_does_not_take_are_refused(file):
    message = "InHDF5 takes no datset from documents: its document_kwargs, .* are \\['dataset'\\]"
    with pytest.raises(ValueError, match=f"resource document .* cannot be followed: TypeError: {message}"):
        stream(InHDF5, file, frame_per_point=2, datset="/others").read("image")
    with pytest.raises(TypeError, match=message):
        InHDF5(file, datset="/others")


def test_the_number_of_frames_in_the_documents_must_agree(file):
    with pytest.raises(ValueError, match="its resource .* has 3 frames an event, its data key says 2"):
        stream(InHDF5, file, frame_per_point=3).read("image")


class WithoutOpen(PointHandler):
    pass


class WithMethod(PointHandler):
    def open_frames(self, path):
        return np.load(path)


@pytest.mark.parametrize("handler", [WithoutOpen, WithMethod])
def test_a_handler_that_does_not_say_how_a_file_is_opened(file, handler):
    message = f"{handler.__name__} has no open_frames = staticmethod"
    with pytest.raises(TypeError, match=message):
        handler(file)
    with pytest.raises(ValueError, match=f"cannot be followed: .*{message}"):
        stream(handler, file).read("image")


class Calibrated(NumpyStackHandler):
    """Not only another way to open a file."""

    def __call__(self, point_number):
        return super().__call__(point_number) + np.uint16(100)


def test_a_handler_that_does_more_than_open_files_is_called(tmp_path):
    np.save(tmp_path / "a.npy", FRAMES)
    found = stream(Calibrated, tmp_path / "a.npy", frame_per_point=2).read("image")
    np.testing.assert_array_equal(found, POINTS + 100)


def test_errors_of_the_function_name_the_file(tmp_path, file):
    """Whatever it raises, and whatever asks for the frames."""
    with pytest.raises(OSError, match=r"a\.h5 cannot be read: KeyError: .*nowhere"):
        stream(InHDF5, file, dataset="/nowhere").read("image")
    (tmp_path / "a.npy").write_bytes(b"\x93NUMPY\x01")
    with pytest.raises(OSError, match=r"a\.npy cannot be read: ValueError"):
        stream(NumpyStackHandler, tmp_path / "a.npy").read("image")
    with pytest.raises(OSError, match=r"a\.npy does not hold point 0 .*cannot be read: ValueError"):
        NumpyStackHandler(tmp_path / "a.npy")(0)
    with pytest.raises(MissingFileError, match=r"b\.npy is named by the documents but is not there"):
        stream(NumpyStackHandler, tmp_path / "b.npy").read("image")


class ChecksFirst(SeriesHandler):
    """It says what a frame is before it reads its pixels, which fails."""

    checks_first = True

    @staticmethod
    def read_frame(path, check):
        header = np.load(path, mmap_mode="r")
        check((header.shape, header.dtype))
        raise ValueError(f"{path} is read")


@pytest.mark.parametrize(("shape", "message"), [((4, 5), "is read"), ((400, 500), r"holds frames of \(400, 500\)")])
def test_a_function_may_check_what_it_reads_before_it_takes_memory(tmp_path, shape, message):
    (tmp_path / "shots").mkdir()
    for k in range(6):
        np.save(tmp_path / "shots" / f"a_{k}.npy", np.zeros(shape, "u2"))
    found = stream(ChecksFirst, tmp_path / "shots", template="%s%s_%d.npy", filename="a", frame_per_point=2)
    with pytest.raises(OSError, match=rf"a_0\.npy {message}"):
        found.read("image")


def test_a_series_of_files_of_one_number_each(tmp_path):
    for k in range(4):
        np.save(tmp_path / f"a_{k}.npy", np.float64(k))
    point = NumpySeriesHandler(tmp_path, "%s%s_%d.npy", "a", frame_per_point=2)(1)
    np.testing.assert_array_equal(point.compute(), [2, 3])


class NeedsAnother(SeriesHandler):
    """It looks for a file beside the one that it is given."""

    @staticmethod
    def read_frame(path):
        return np.load(path) - np.load(path.with_name("dark.npy"))


class NeedsALibrary(SeriesHandler):
    @staticmethod
    def read_frame(path):
        raise ModuleNotFoundError("pip install my-codec")


def test_errors_that_are_not_about_the_file_stay_as_they_are(tmp_path):
    np.save(tmp_path / "a_0.npy", FRAMES[0])
    with pytest.raises(FileNotFoundError, match=r"dark\.npy") as caught:
        NeedsAnother(tmp_path, "%s%s_%d.npy", "a")(0)
    assert not isinstance(caught.value, MissingFileError)
    with pytest.raises(ModuleNotFoundError, match="^pip install my-codec$"):
        NeedsALibrary(tmp_path, "%s%s_%d.npy", "a")(0)


class Shorter(PointHandler):
    """What it gives has fewer frames than it says."""

    class open_frames:  # noqa: N801 - called as a function is
        shape, dtype = (6, 4, 5), np.dtype("uint16")

        def __init__(self, path):
            self.path = path

        def __len__(self):
            return 6

        def __getitem__(self, rows):
            return FRAMES[:3][rows]


Shorter.open_frames = staticmethod(Shorter.open_frames)


def test_frames_that_do_not_come_are_not_made_up(tmp_path):
    (tmp_path / "a").touch()
    found = stream(Shorter, tmp_path / "a", frame_per_point=2)
    np.testing.assert_array_equal(found.read("image", 0, 1), POINTS[:1])
    with pytest.raises(OSError, match=r"a: frames 0 to 6 are \(3, 4, 5\), not \(6, 4, 5\); is it cut off\?"):
        found.read("image")


@pytest.mark.parametrize(("dtype", "shape"), [("i2", (6, 4, 5)), ("u2", (6, 5, 4)), ("u2", (5, 4, 5))])
def test_files_that_are_not_what_the_documents_say(tmp_path, dtype, shape):
    np.save(tmp_path / "a.npy", np.zeros(shape, dtype))
    with pytest.raises(OSError, match=r"a\.npy holds (frames of .* its documents say \(4, 5\) uint16|5 frames, its)"):
        stream(NumpyStackHandler, tmp_path / "a.npy").read("image")


def test_nothing_outside_of_the_allowed_roots_reaches_the_function(tmp_path, file):
    """Not by a link, either."""
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "a.h5").symlink_to(file)
    opened = []

    class Opens(PointHandler):
        @staticmethod
        def open_frames(path):
            opened.append(path)

    with pytest.raises(UntrustedPathError, match="outside of allowed_roots"):
        stream(Opens, inside / "a.h5", allowed_roots=[inside]).read("image")
    assert not opened
    found = stream(InHDF5, inside / "a.h5", allowed_roots=[tmp_path]).read("image")
    np.testing.assert_array_equal(found, POINTS)


class InAFolder(PointHandler):
    """A store that is a folder."""

    open_frames = staticmethod(lambda path: np.load(path / "frames.npy", mmap_mode="r"))


def test_all_files_of_a_folder_are_listed(tmp_path):
    store = tmp_path / "store"
    store.mkdir()
    np.save(store / "frames.npy", FRAMES)
    (store / "about.txt").write_text("mine")
    handler = InAFolder(store, frame_per_point=2)
    np.testing.assert_array_equal(handler(1).compute(), POINTS[1])
    assert handler.get_file_list([{"point_number": 1}]) == [str(store / "about.txt"), str(store / "frames.npy")]
    assert handler.get_file_sizes([]) == [4, (store / "frames.npy").stat().st_size]


def test_a_function_with_arguments_of_its_own(tmp_path):
    """Those of a partial."""

    class Raw(PointHandler):
        open_frames = staticmethod(functools.partial(np.memmap, dtype="<u2", mode="r", shape=(6, 4, 5)))

    FRAMES.tofile(tmp_path / "a.raw")
    np.testing.assert_array_equal(stream(Raw, tmp_path / "a.raw").read("image"), POINTS)
    (tmp_path / "a.raw").write_bytes(FRAMES.tobytes()[:-1])
    with pytest.raises(OSError, match=r"a\.raw cannot be read: ValueError: mmap length"):
        stream(Raw, tmp_path / "a.raw").read("image")


class Careless(PointHandler):
    """A library's function as it is, which unpickles when it is told to."""

    open_frames = staticmethod(np.load)


class Mapped(PointHandler):
    """A library's function with a few arguments, which a document may not change."""

    open_frames = staticmethod(functools.partial(np.memmap, dtype="<u2", mode="r", shape=(6, 4, 5)))


class MappedAndClosed(PointHandler):
    """A partial inside of another function, whose signature it has."""

    @staticmethod
    @contextlib.contextmanager
    def open_frames(path, mode="r"):
        yield np.memmap(path, "<u2", mode, shape=(6, 4, 5))


class TakesAll(PointHandler):
    """Whatever it is called with."""

    @staticmethod
    def open_frames(path, **kwargs):
        return np.memmap(path, "<u2", **{"mode": "r", "shape": (6, 4, 5)} | kwargs)


@pytest.mark.parametrize("handler", [Mapped, MappedAndClosed, TakesAll])
@pytest.mark.parametrize("family", ["datum", "stream"])
def test_documents_choose_no_argument_that_the_class_does_not_name(tmp_path, handler, family):
    """To write into the file, say."""
    path = tmp_path / "a.raw"
    FRAMES.tofile(path)
    message = f"{handler.__name__} takes no mode from documents: its document_kwargs, .* are empty"
    with pytest.raises(ValueError, match=f"cannot be followed: TypeError: {message}"):
        stream(handler, path, family, mode="w+").read("image")
    with pytest.raises(TypeError, match=message):
        handler(path, mode="w+")
    assert path.read_bytes() == FRAMES.tobytes()
    np.testing.assert_array_equal(stream(handler, path, family, swmr=True).read("image"), POINTS)


class Pickled:
    """What runs when it is unpickled."""

    def __reduce__(self):
        return pytest.fail, ("a document made numpy unpickle a file",)


def test_a_document_runs_nothing_that_a_file_holds(tmp_path):
    np.save(tmp_path / "a.npy", np.array([Pickled()], object), allow_pickle=True)
    with pytest.raises(ValueError, match="Careless takes no allow_pickle from documents"):
        stream(Careless, tmp_path / "a.npy", allow_pickle=True).read("image")
    with pytest.raises(TypeError, match="Careless takes no allow_pickle from documents"):
        Careless(tmp_path / "a.npy", allow_pickle=True)(0)
