"""Read a run back where only framestore-handlers is installed: a script of its own.

It imports nothing but framestore_handlers and what that brings along.
"""

import argparse
import importlib.util
from pathlib import Path

import framestore_handlers
import numpy as np


def main() -> None:
    """Load, print what came back; exit code 1 when it is not what the camera saw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("documents", type=Path)
    arguments = parser.parse_args()

    run = framestore_handlers.load(arguments.documents)
    stream = run["primary"]
    image = next(key for key in stream if stream.is_external(key))
    mean = next(key for key in stream if key[-5:] in {"_mean", "-mean"})
    frames = stream[image]
    alone = importlib.util.find_spec("framestore") is None
    print(f"framestore is {'not ' if alone else ''}installed here, framestore_handlers is.")
    print(f"run['primary']['{image}'] is lazy: {frames}")
    images = frames.compute()
    print(f"The array that came back has the shape {images.shape} and the dtype {images.dtype}.")
    same = np.allclose(images.mean(axis=(1, 2, 3)), stream[mean])
    print(f"Its means {'equal' if same else 'DIFFER FROM'} the camera's own numbers in the documents.")
    if not same:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
