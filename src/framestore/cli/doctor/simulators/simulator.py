"""What there is to know of the simulator of an SDK before it is tried."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True, slots=True)
class Simulator:
    """Something of an SDK that gives frames without a camera."""

    module: str
    """Module, here, with a function ``frame`` that takes one."""
    vendor: str
    """What people call the SDK."""
    packages: tuple[str, ...]
    """Distributions, each of which has it."""
    install: str
    """What to give pip for all of it."""
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    """Variables that the SDK looks at."""
    name: str
    """What the simulator is called."""
    advice: str
    """What to do where the SDK is there without it."""
