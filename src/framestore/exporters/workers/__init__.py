"""Who does the work of an export: this process, other processes, or a cluster."""

from .choice import chosen
from .serial import Serial
from .workers import Workers

__all__ = ["Serial", "Workers", "chosen"]
