"""Whether the simulators of camera SDKs give frames here: one module an SDK.

Libraries of vendors may crash, or wait for ever: each is tried in a process of its own, which imports the SDK, takes
one frame, and prints what came. Such a module is executed there; what it says of that, `examination` finds.
"""

from .examination import examine

__all__ = ["examine"]
