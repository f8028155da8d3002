"""What another process reads while this one still writes."""

import io
import json
import subprocess
import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from framestore.testing.recorder import Recorder

_HDF5 = """
import sys, h5py, numpy as np
path, dataset = sys.argv[1:]
with h5py.File(path, "r", swmr=True) as file:
    np.save(sys.stdout.buffer, file[dataset][()])
"""
_OTHERS = """
import json, sys, framestore_handlers, numpy as np
stream, data_key = sys.argv[1:]
images = framestore_handlers.load(json.load(sys.stdin))[stream][data_key]
np.save(sys.stdout.buffer, images.compute(scheduler="synchronous"))
"""


def read_elsewhere(documents: Recorder, stream: str, data_key: str) -> NDArray[Any]:
    """All that another process reads of a data key: of HDF5 with h5py alone, which knows nothing of the documents.

    Parameters
    ----------
    documents
        Of a run, as far as they have come.
    stream
        Of the run; it has one resource of the data key.
    data_key
        Of the images.

    Raises
    ------
    AssertionError
        When that process fails; with what it said.
    """
    (resource,) = [one for one in documents.of("stream_resource") if one["data_key"] == data_key]
    if resource["mimetype"] == "application/x-hdf5":
        script, arguments = _HDF5, [resource["uri"].removeprefix("file://localhost"), resource["parameters"]["dataset"]]
    else:
        script, arguments = _OTHERS, [stream, data_key]
    done = subprocess.run(  # noqa: S603 - it is the script above
        [sys.executable, "-c", script, *arguments],
        input=json.dumps(list(documents)).encode(),
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert not done.returncode, f"another process cannot read {resource['uri']}: {done.stderr.decode()}"
    return np.load(io.BytesIO(done.stdout))
