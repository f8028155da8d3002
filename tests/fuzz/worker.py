"""The child process of the fuzz: it reads damaged files, and says what came of it. It may crash, or run out of memory.

It takes a line of JSON a case, [documents, path of the frames that are right, keyword arguments], and answers with one:
``right``, ``other`` pixels, or kinds and text of the exception. The first line is how many bytes of memory it may take.
"""

import json
import resource
import sys
import warnings

import framestore_handlers
import numpy as np


def outcome(documents, right, kwargs):
    """What comes of reading; every stream and every data key in files."""
    run = framestore_handlers.load(documents, **kwargs)
    found = []
    for name in run:
        stream = run[name]
        keys = [key for key in stream if stream.is_external(key)]
        found += [stream.read(key) for key in keys]
        for key in stream:
            stream[key]
    same = len(found) == 1 and found[0].shape == right.shape and np.array_equal(found[0], right)
    return "right" if same else "other"


def main():
    warnings.simplefilter("ignore")
    nbytes = json.loads(sys.stdin.readline())
    import hdf5plugin  # noqa: F401 - whatever is imported later needs addresses, too
    import imagecodecs  # noqa: F401 - likewise
    import tifffile  # noqa: F401 - likewise
    import zarr  # noqa: F401 - likewise

    with open("/proc/self/statm") as statm:  # noqa: PTH123 - no file
        taken = int(statm.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (taken + nbytes, taken + nbytes))
    for line in sys.stdin:
        documents, right, kwargs = json.loads(line)
        try:
            answer = [outcome(documents, np.load(right), kwargs), ""]
        except BaseException as error:  # noqa: BLE001 - whatever it is
            answer = [",".join(kind.__name__ for kind in type(error).__mro__), str(error)[:500]]
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
