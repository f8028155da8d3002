"""A run as a NeXus file: an NXentry with instrument, sample, motors, times, and what the plan says of itself."""

from .export import export_nexus

__all__ = ["export_nexus"]
