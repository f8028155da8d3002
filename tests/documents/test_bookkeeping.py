"""Indices, rows and resources under whatever a plan does, against a model of what bluesky collects, emits and drops."""

from itertools import count, groupby

import event_model
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framestore.documents import AssetDocuments, Place, documents_family
from framestore.formats import HDF5
from framestore.paths import PathInfo


def place(number):
    return Place(
        info=PathInfo("/data", f"{number}"),
        layout=HDF5().layout,
        data_key="cam_image",
        frames_per_point=2,
        frame_shape=(3, 4),
    )


class World:
    """A camera's files, in which each row is the number of the point that it holds, and bluesky."""

    def __init__(self, family):
        self.family = family
        self.documents = AssetDocuments(documents_family(family)())
        self.files = []
        self.staged = self.paused = self.ahead = False
        self.point = -1
        self.value = None
        self.run = self.stream = 0
        self.described = set()
        self.collected = []
        self.emitted = []
        self.events = []

    def restage(self):
        self.documents.check()
        self.documents.begin_staging()
        self.staged = self.paused = self.ahead = False

    def trigger(self):
        if self.paused:
            taken_back = self.documents.retake()
            del self.files[-1][len(self.files[-1]) - taken_back :]
            self.paused = False
        if not self.staged:
            self.documents.start_resource(place(len(self.files)))
            self.files.append([])
            self.staged = True
        self.point += 1
        self.files[-1].append(self.point)
        self.value = self.documents.add_point()

    def pause(self):
        self.paused = True
        self.collected = []
        self.value = self.documents.pause() or self.value

    def read(self):
        self.documents.read()
        if (self.run, self.stream) not in self.described:
            self.described.add((self.run, self.stream))
            self.documents.announce()
            self.settle()
        self.settle()
        self.collected = list(self.documents.collect(by_hand=False))
        return self.value

    def settle(self):
        change = self.documents.settle(by_hand=False)
        rows = self.files[-1]
        del rows[change.dropped.start : change.dropped.stop]
        if change.moved_from is not None:
            self.value = self.documents.move(place(len(self.files)))
            self.files.append(rows[change.moved_from :])
            del rows[change.moved_from :]

    def save(self, point, value):
        stream = (self.run, self.stream)
        for name, document in self.collected:
            if name in {"resource", "stream_resource"}:
                document["run_start"] = f"run {self.run}"
            elif name == "stream_datum":
                document["descriptor"] = f"descriptor {stream}"
            event_model.schema_validators[event_model.DocumentNames[name]].validate(document)
            self.emitted.append((stream, name, document))
        self.collected = []
        self.events.append((stream, point, value))

    def of(self, *names):
        return [(stream, document) for stream, name, document in self.emitted if name in names]


# What becomes of a point: saved; paused before or after it was read, or after it was saved, then taken anew; read again
# after a pause, because of a checkpoint between trigger and read; dropped; triggered and never read; the next one
# triggered between read and save. Or: the plan goes on to another stream or run, or stages anew.
FATES = st.lists(
    st.sampled_from(
        [
            *("save", "save", "pause before read", "pause after read", "pause after save", "read again", "drop"),
            *("unread", "trigger ahead", "next stream", "next run", "restage"),
        ]
    ),
    max_size=40,
)


def play(family, fates):
    world = World(family)
    for fate in fates:
        if fate in {"next stream", "next run"}:
            world.run += fate == "next run"
            world.stream += 1
        elif fate == "restage":
            world.restage()
        else:
            play_point(world, fate)
    world.documents.check()
    return world


def play_point(world, fate):
    if not world.ahead:
        world.trigger()
    world.ahead = False
    if fate in {"unread", "pause before read"}:
        if fate != "unread":
            world.pause()
        return
    value, point = world.read(), world.point
    if fate == "read again":
        world.pause()
        value = world.read()
    if fate == "trigger ahead":
        world.trigger()
        world.ahead = True
    if fate not in {"pause after read", "drop"}:
        world.save(point, value)
    world.collected = []
    if fate in {"pause after read", "pause after save"}:
        world.pause()


@given(FATES)
def test_stream_datums_count_on_and_stand_where_their_frames_are(fates):
    world = play("stream", fates)
    resources = {document["uid"]: (stream, document) for stream, document in world.of("stream_resource")}
    assert len(resources) == len(world.of("stream_resource")), "none is emitted twice"
    datums = world.of("stream_datum")
    assert len({document["uid"] for _, document in datums}) == len(datums) == len(world.events)
    for stream, group in groupby(datums, key=lambda pair: pair[0]):
        indices = [document["indices"] for _, document in group]
        assert indices == [{"start": k, "stop": k + 1} for k in range(len(indices))], stream
    first = {}
    for (stream, document), (_, point, _) in zip(datums, world.events, strict=True):
        of, resource = resources[document["stream_resource"]]
        assert of == stream, "a resource belongs to one stream of one run"
        index = document["indices"]["start"]
        row = index - first.setdefault(resource["uid"], index)
        file = int(resource["uri"].rpartition("/")[2].removesuffix(".h5"))
        assert world.files[file][row] == point
        assert len(world.files[file]) >= row + 1


@given(FATES)
def test_datums_name_their_frames_and_a_resource_of_their_run(fates):
    world = play("datum", fates)
    resources = {document["uid"]: (stream, document) for stream, document in world.of("resource")}
    assert len(resources) == len(world.of("resource")), "none is emitted twice"
    datums = {document["datum_id"]: (stream, document) for stream, document in world.of("datum")}
    assert len(datums) == len(world.of("datum")), "nor is a datum"
    for stream, point, value in world.events:
        at, datum = datums[value]
        of, resource = resources[datum["resource"]]
        assert at == of == stream
        file = int(resource["resource_path"].removesuffix(".h5"))
        assert world.files[file][datum["datum_kwargs"]["point_number"]] == point


@pytest.mark.parametrize("family", ["stream", "datum"])
def test_documents_collected_by_hand_are_handed_out_once_and_keep_their_frames(family):
    documents = AssetDocuments(documents_family(family)())
    documents.begin_staging()
    documents.start_resource(place(0))
    for k in range(3):
        documents.add_point()
        change = documents.settle(by_hand=True)
        assert not change.dropped
        assert change.moved_from is None
        assert len(list(documents.collect(by_hand=True))) == (2 if k == 0 else 1)
        assert list(documents.collect(by_hand=True)) == []


def test_by_hand_each_staging_counts_from_0():
    documents = AssetDocuments(documents_family("stream")())
    for number in range(2):
        documents.begin_staging()
        documents.start_resource(place(number))
        for index in range(2):
            documents.add_point()
            documents.settle(by_hand=True)
            *_, (_, datum) = documents.collect(by_hand=True)
            assert datum["indices"]["start"] == index


def test_a_staging_by_hand_after_a_run_counts_from_0():
    world = play("stream", ["save", "save", "restage"])
    world.documents.start_resource(place(1))
    world.documents.add_point()
    world.documents.settle(by_hand=True)
    _, (_, datum) = world.documents.collect(by_hand=True)
    assert datum["indices"]["start"] == 0


@pytest.mark.parametrize("fates", [["save", "next stream", "save"], ["save", "next stream", "save", "restage"]])
def test_a_plan_that_goes_back_to_a_stream_is_told(fates):
    world = play("stream", fates)
    world.stream = 0
    world.trigger()
    world.save(world.point, world.read())
    with pytest.raises(RuntimeError, match="cam_image: the plan saved an event in a stream that the camera had left"):
        world.documents.check()


def test_two_streams_that_were_declared_before_the_first_trigger_cannot_be_told_apart():
    world = World("stream")
    for stream in range(2):
        world.documents.announce()
        world.described.add((0, stream))
    for stream in range(2):
        world.stream = stream
        world.trigger()
        world.save(world.point, world.read())
    with pytest.raises(RuntimeError, match="declared together with another before the first trigger"):
        world.documents.check()


def test_one_stream_that_is_declared_before_goes_on_after_another_device_was_configured():
    """bluesky then describes the stream anew, without asking the camera."""
    world = World("stream")
    world.documents.announce()
    world.described.add((0, 0))
    uids = count()
    for _ in range(3):
        world.trigger()
        value = world.read()
        for _, document in world.collected:
            if "descriptor" in document:
                document["descriptor"] = f"descriptor {next(uids)}"
            else:
                document["run_start"] = "run 0"
        world.events.append(value)
    world.documents.check()


def test_points_that_were_never_read_are_told(caplog):
    play("stream", ["unread", "unread", "save"])
    assert "2 points were taken and never read" in caplog.text


def flying(documents, points):
    """A flight in a file of its own, of which so many points have landed."""
    documents.begin_staging()
    documents.start_resource(place(0))
    documents.announce()
    documents.begin_flight()
    documents.add_flown(points, by_hand=False)


def collected(documents, before=None):
    """Indices that bluesky collects, as a message of its own."""
    documents.recall_flown()
    documents.want_flown(before, by_hand=False)
    documents.settle(by_hand=False)
    pairs = list(documents.collect(by_hand=False))
    return [(d["indices"]["start"], d["indices"]["stop"]) for name, d in pairs if name == "stream_datum"], pairs


def emit(pairs):
    for name, document in pairs:
        document["run_start" if name == "stream_resource" else "descriptor"] = "of a run"


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.booleans()), max_size=12))
def test_flown_points_are_collected_up_to_an_index_and_once(rounds):
    """Of which some collects fail, so that nothing of them is emitted."""
    documents = AssetDocuments(documents_family("stream")())
    flying(documents, 1)
    landed, emitted = 1, []
    for more, fewer, fails in rounds:
        if more:
            documents.add_flown(more, by_hand=False)
        landed += more
        before = max(landed - fewer, len(emitted))
        assert documents.next_index == landed
        ranges, pairs = collected(documents, before)
        expected = [(len(emitted), before)] if before > len(emitted) else []
        assert ranges == expected, "in one document, since bluesky takes no more"
        if not fails:
            emit(pairs)
            emitted.extend(range(len(emitted), before))
    assert len(emitted) <= landed


def test_an_event_has_no_points_of_a_flight():
    documents = AssetDocuments(documents_family("stream")())
    flying(documents, 3)
    documents.read()
    documents.announce()
    documents.settle(by_hand=False)
    assert not list(documents.collect(by_hand=False))
    assert collected(documents)[0] == [(0, 3)]


def test_points_that_were_dropped_leave_the_file_that_they_are_in():
    """Not the next one, where the same rows are others'."""
    world = World("stream")
    world.trigger()
    world.read()
    assert world.documents.forget_unread() == 1
    world.documents.start_resource(place(1))
    world.documents.begin_flight()
    world.documents.add_flown(2, by_hand=False)
    assert world.documents.settle(by_hand=False).dropped == range(0)


def test_what_was_held_back_can_be_given_up(caplog):
    documents = AssetDocuments(documents_family("stream")())
    flying(documents, 5)
    emit(collected(documents, 3)[1])
    assert documents.uncollected == 0
    assert documents.forget_held() == 2
    assert "2 points were taken and never read" in caplog.text
    documents.begin_flight()
    documents.add_flown(2, by_hand=False)
    assert collected(documents)[0] == [(3, 5)]
