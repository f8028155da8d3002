"""Indices and points under whatever a plan does, against a model of what bluesky collects, emits, and drops."""

from dataclasses import dataclass, field

import event_model
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framestore.documents import Place, documents_family
from framestore.formats import HDF5
from framestore.paths import PathInfo

PLACE = Place(
    info=PathInfo("/data", "name"), layout=HDF5().layout, data_key="cam_image", frames_per_point=2, frame_shape=(3, 4)
)


@dataclass
class Bluesky:
    """Collects at read, fills in and emits at save, forgets what it collected when a plan is paused or drops."""

    emitted: list = field(default_factory=list)
    collected: list = field(default_factory=list)

    def read(self, documents, paused):
        self.collected = list(documents.collect(paused=paused))

    def save(self):
        for name, document in self.collected:
            if name in {"resource", "stream_resource"}:
                document["run_start"] = "run"
            elif name == "stream_datum":
                document["descriptor"] = "descriptor"
            event_model.schema_validators[event_model.DocumentNames[name]].validate(document)
            self.emitted.append((name, document))
        self.collected = []


# What becomes of a point: saved; paused before or after it was read, then taken anew; dropped, once in a run.
FATES = st.lists(st.sampled_from(["save", "pause before read", "pause after read", "read again", "drop"]), max_size=30)


def play(family, fates):
    """Give each point its fate; returns bluesky, the point in each of the file's rows, and (point, value) of events."""
    documents, bluesky = documents_family(family)(), Bluesky()
    documents.start_resource(PLACE)
    rows, saved, paused = [], [], False
    for point, fate in enumerate(fates):
        if fate == "drop" and not saved:
            continue  # before the first save, a dropped point looks like one that was collected by hand
        del rows[len(rows) - documents.retake(paused=paused) :]
        paused = False
        rows.append(point)
        value = documents.add_point()
        if fate == "pause before read":
            paused = True
            continue
        bluesky.read(documents, paused)
        if fate in {"pause after read", "drop"}:
            bluesky.collected, paused = [], fate != "drop"
            continue
        if fate == "read again":  # a pause, and a checkpoint between trigger and read
            bluesky.read(documents, paused=True)
        bluesky.save()
        saved.append((point, value))
    return bluesky, rows, saved


@given(FATES)
def test_emitted_stream_datums_count_on_and_stand_where_their_frames_are(fates):
    bluesky, rows, saved = play("stream", fates)
    names = [name for name, _ in bluesky.emitted]
    datums = [document for name, document in bluesky.emitted if name == "stream_datum"]
    assert names.count("stream_resource") == bool(saved)
    assert names[:1] in ([], ["stream_resource"])
    assert [datum["indices"] for datum in datums] == [{"start": k, "stop": k + 1} for k in range(len(saved))]
    assert len({datum["uid"] for datum in datums}) == len(datums)
    assert rows[: len(saved)] == [point for point, _ in saved]


@given(FATES)
def test_emitted_datums_name_rows_of_their_own(fates):
    bluesky, rows, saved = play("datum", fates)
    assert len(rows) == len(set(rows)), "a Datum is never taken back"
    datums = {document["datum_id"]: document for name, document in bluesky.emitted if name == "datum"}
    assert [name for name, _ in bluesky.emitted].count("resource") == bool(saved)
    for point, datum_id in saved:
        assert rows[datums[datum_id]["datum_kwargs"]["point_number"]] == point


@pytest.mark.parametrize("family", ["stream", "datum"])
def test_documents_collected_by_hand_are_handed_out_once(family):
    documents = documents_family(family)()
    documents.start_resource(PLACE)
    for _ in range(3):
        documents.retake()
        documents.add_point()
        assert len(list(documents.collect())) in {1, 2}
        assert list(documents.collect()) == []


def test_indices_go_on_from_file_to_file():
    documents = documents_family("stream")()
    handed_out = []
    for name in ("first", "second"):
        documents.start_resource(
            Place(
                info=PathInfo("/data", name),
                layout=HDF5().layout,
                data_key="cam_image",
                frames_per_point=1,
                frame_shape=(2,),
            )
        )
        for _ in range(2):
            documents.add_point()
        handed_out += documents.collect()
    assert [name for name, _ in handed_out] == ["stream_resource", "stream_datum", "stream_datum"] * 2
    indices = [document["indices"]["start"] for name, document in handed_out if name == "stream_datum"]
    assert indices == [0, 1, 2, 3]
