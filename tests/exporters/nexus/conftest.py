"""NeXus files of runs, each of which NeXus' own validation has looked at; and runs whose documents are made up."""

import io

import event_model
import framestore_handlers
import numpy as np
import pytest
from ophyd.sim import SynAxis

from framestore.exporters import export_nexus

with np.printoptions():  # which it changes for everybody when it is imported
    import nexusformat.nexus  # noqa: F401 - the tests import it from here on


@pytest.fixture
def validate():
    """Have nexusformat validate a file: it looks at the entry, finds nothing to warn of, and no error."""
    from nexusformat.nexus import validate

    def check(path):
        said = io.StringIO()
        kept = validate.logger.level, [handler.setStream(said) for handler in validate.logger.handlers]
        validate.logger.setLevel("INFO")
        try:
            found = validate.validate_file(str(path))
        finally:
            validate.logger.setLevel(kept[0])
            for handler, stream in zip(validate.logger.handlers, kept[1], strict=True):
                handler.setStream(stream)
        assert found == (0, 0), said.getvalue()
        assert "NXentry: /entry" in said.getvalue()

    return check


@pytest.fixture
def export(tmp_path, validate):
    """Export a run into one file, which is valid, and give its path."""

    def make(run, **settings):
        (path,) = export_nexus(run, tmp_path / "nexus", **{"template": "a.nxs", "progress": False} | settings).files
        validate(path)
        return path

    return make


@pytest.fixture
def record(run_engine, documents):
    """Run a plan, and load what it recorded."""

    def run(plan, **metadata):
        documents.clear()
        run_engine(plan, documents, **metadata)
        return framestore_handlers.load(list(documents))

    return run


@pytest.fixture
def motors():
    """Two motors, at 0."""
    return SynAxis(name="motor1"), SynAxis(name="motor2")


@pytest.fixture
def make_run():
    """Runs whose documents are made up: (name of a stream, data keys, data of the events[, of the descriptor]), …"""

    def make(*streams, stop=True, **start):
        run = event_model.compose_run(metadata=start, validate=False)
        pairs = [("start", run.start_doc)]
        for name, data_keys, rows, *more in streams:
            settings = {"object_keys": {"device": list(data_keys)}, **(more[0] if more else {})}
            descriptor = run.compose_descriptor(name=name, data_keys=data_keys, validate=False, **settings)
            pairs.append(("descriptor", descriptor.descriptor_doc))
            for row in rows:
                event = descriptor.compose_event(data=row, timestamps=dict.fromkeys(row, 1.0), validate=False)
                pairs.append(("event", event))
        if stop:
            pairs.append(("stop", run.compose_stop()))
        return framestore_handlers.load([(name, dict(document)) for name, document in pairs])

    return make
