"""LiveDispatcher: a secondary stream of averages, with the frames left out or averaged too."""

import doctest
import importlib
import warnings
from pathlib import Path

import bluesky.plan_stubs as bps
import bluesky.plans as bp
import bluesky.preprocessors as bpp
import event_model
import framestore_handlers
import numpy as np
import pytest
from bluesky.callbacks import LivePlot, LiveTable
from bluesky.callbacks.stream import LiveDispatcher
from ophyd.sim import motor, motor2

PAGE = Path(__file__).parents[2] / "docs/how-to/watch-a-scan.md"


class Emitted:
    """Documents of a secondary stream, each valid by event-model's JSON schema."""

    def __init__(self):
        self.pairs = []

    def __call__(self, name, doc):
        event_model.schema_validators[event_model.DocumentNames[name]].validate(doc)
        self.pairs.append((name, doc))

    def of(self, name):
        return [doc for of_name, doc in self.pairs if of_name == name]

    def column(self, key):
        return np.array([event["data"][key] for event in self.of("event")])


@pytest.fixture
def emitted():
    return Emitted()


@pytest.fixture(scope="module")
def documented():
    """The classes that the documentation shows, made from its very text."""
    names = {"LiveDispatcher": LiveDispatcher, "np": np, "framestore_handlers": framestore_handlers}
    for example in doctest.DocTestParser().get_examples(PAGE.read_text()):
        if example.source.startswith("class "):
            exec(example.source, names)  # noqa: S102
    return names


@pytest.fixture(scope="module")
def average_stream():
    """The class of bluesky's documentation, as bluesky ships it with its tests."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "(?s).*have been\nmoved to ophyd.sim", UserWarning)
        return importlib.import_module("bluesky.tests.test_streams").AverageStream


def means_of_pairs(values):
    return np.asarray(values, float).reshape(-1, 2, *np.shape(values)[1:]).mean(axis=1)


def test_dispatcher_that_passes_events_on(engine, camera, emitted, documents):
    """The base class as it is: what tells of files does not get through, and does not disturb."""
    dispatcher = LiveDispatcher()
    dispatcher.subscribe(emitted)
    engine(bp.scan([camera], motor, -1, 1, 4), dispatcher)
    assert [name for name, _ in emitted.pairs] == ["start", "descriptor", *["event"] * 4, "stop"]
    assert [event["data"] for event in emitted.of("event")] == [event["data"] for event in documents.of("event")]
    assert emitted.of("start")[0]["original_run_uid"] == documents.of("start")[0]["uid"]


def test_bluesky_s_average_stream_stumbles_over_images_outside_events(engine, camera, family, average_stream, capfd):
    """So the documentation says; when this fails, its section on averages can be shorter."""
    error = {"stream": KeyError, "datum": TypeError}[family]
    with pytest.raises(error):
        engine(bp.scan([camera], motor, -1, 1, 4), average_stream(2))


@pytest.fixture
def averages(average_stream, documented):
    """bluesky's class, inheriting from the documented one in place of LiveDispatcher."""
    return type("Averages", (average_stream, documented["NumbersOnly"]), {})


def test_average_stream_of_numbers(engine, camera, averages, emitted, documents, numbers):
    dispatcher = averages(2)
    dispatcher.subscribe(emitted)
    engine(bp.scan([camera], motor, -3, 3, 6), dispatcher)
    assert len(emitted.of("event")) == 3
    (descriptor,) = emitted.of("descriptor")
    assert "camera_image" not in descriptor["data_keys"]
    for key in ("camera_mean", "camera_max", "camera_sum", "camera_centroid_x"):
        np.testing.assert_allclose(emitted.column(key), means_of_pairs(numbers()[key]), err_msg=key)
    np.testing.assert_allclose(emitted.column("motor"), means_of_pairs(np.linspace(-3, 3, 6)))


def test_average_stream_takes_its_number_from_the_start_document(engine, camera, averages, emitted):
    dispatcher = averages(2)
    dispatcher.subscribe(emitted)
    engine(bp.scan([camera], motor, -3, 3, 6, md={"average": 3}), dispatcher)
    assert len(emitted.of("event")) == 2


def test_averages_are_shown_by_the_same_callbacks(engine, camera, averages, numbers, capsys):
    """Also those of whole numbers, which are whole no more."""
    plot = LivePlot("camera_mean", "motor")
    dispatcher = averages(2)
    dispatcher.subscribe(plot)
    dispatcher.subscribe(LiveTable(["camera_max", "camera_sum"]))
    engine(bp.scan([camera], motor, -3, 3, 6), dispatcher)
    np.testing.assert_allclose(plot.ax.lines[0].get_ydata(), means_of_pairs(numbers()["camera_mean"]))
    rows = [line.strip("|").split("|") for line in capsys.readouterr().out.splitlines() if line.startswith("|")]
    shown = np.array([row[2:] for row in rows[1:]], float)
    expected = np.stack([means_of_pairs(numbers()[key]) for key in ("camera_max", "camera_sum")], axis=1)
    np.testing.assert_allclose(shown, expected, atol=0.0005000001)


@pytest.mark.parametrize("frames_per_point", [1, 3])
def test_averages_of_frames(engine, make_spot_camera, documented, emitted, documents, numbers, frames_per_point):
    camera = make_spot_camera(motor, frames_per_point=frames_per_point)
    dispatcher = documented["FrameAverages"](2)
    dispatcher.subscribe(emitted)
    engine(bp.scan([camera], motor, -3, 3, 7), dispatcher)  # the seventh point has no partner
    frames = framestore_handlers.load(documents)["primary"].read("camera_image")[:6]
    np.testing.assert_allclose(emitted.column("camera_image_mean"), means_of_pairs(frames))
    np.testing.assert_allclose(emitted.column("camera_max"), means_of_pairs(numbers()["camera_max"][:6]))
    data_key = emitted.of("descriptor")[0]["data_keys"]["camera_image_mean"]
    assert "external" not in data_key
    assert tuple(data_key["shape"]) == (frames_per_point, 10, 12)


def test_averages_of_frames_pass_other_streams_over(engine, camera, documented, emitted, documents):
    """A dark frame before, and a baseline around it."""

    @bpp.baseline_decorator([motor2])
    @bpp.stage_decorator([camera])
    @bpp.run_decorator()
    def plan():
        for stream in ("dark", *["primary"] * 4):
            yield from bps.mvr(motor, 0.5)
            yield from bps.trigger_and_read([camera], name=stream)

    dispatcher = documented["FrameAverages"](2)
    dispatcher.subscribe(emitted)
    engine(plan(), dispatcher)
    frames = framestore_handlers.load(documents)["primary"].read("camera_image")
    np.testing.assert_allclose(emitted.column("camera_image_mean"), means_of_pairs(frames))


def test_averages_of_frames_over_several_files_and_runs(engine, camera, documented, emitted, documents):
    """Each run has a dispatcher that begins anew, and each staging a file."""

    def stage_and_take():
        for _ in range(2):
            yield from bps.stage(camera)
            for _ in range(2):
                yield from bps.mvr(motor, 0.5)
                yield from bps.trigger_and_read([camera])
            yield from bps.unstage(camera)

    dispatcher = documented["FrameAverages"](2)
    dispatcher.subscribe(emitted)
    for _ in range(2):
        engine(bpp.run_wrapper(stage_and_take()), dispatcher)
    runs = [framestore_handlers.load(run)["primary"].read("camera_image") for run in documents.by_run()]
    np.testing.assert_allclose(emitted.column("camera_image_mean"), means_of_pairs(np.concatenate(runs)))


def test_averaged_frames_are_read_back_as_any_others(engine, camera, documented, emitted):
    dispatcher = documented["FrameAverages"](2)
    dispatcher.subscribe(emitted)
    engine(bp.count([camera], 4), dispatcher)
    stream = framestore_handlers.load(emitted.pairs)["primary"]
    np.testing.assert_array_equal(stream["camera_image_mean"], emitted.column("camera_image_mean"))


def test_the_documents_of_the_run_itself_stay_as_they_are(engine, camera, documented, documents):
    engine(bp.count([camera], 2))
    before = documents.of("descriptor")[0]["data_keys"]
    kept = []
    engine(bp.count([camera], 2), [documented["FrameAverages"](2), lambda *pair: kept.append(pair)])
    assert dict(kept)["descriptor"]["data_keys"] == before
