"""The other side: within the process that tries an SDK."""

import json
from collections.abc import Callable
from typing import Any


def taken(frame: Callable[[], Any]) -> None:
    """Take a frame, and print as JSON what it is, or why there is none; SDKs may print before.

    A LookupError says that the SDK is well, and has no simulator here.
    """
    try:
        image = frame()
        told = {"shape": list(image.shape), "dtype": str(image.dtype)}
    except LookupError as error:
        told = {"error": str(error), "lacks": True}
    except Exception as error:  # noqa: BLE001 - whatever it is, the doctor tells it
        told = {"error": f"{type(error).__name__}: {error}"}
    print(f"\n{json.dumps(told)}", flush=True)  # noqa: T201 - that is how it is told
