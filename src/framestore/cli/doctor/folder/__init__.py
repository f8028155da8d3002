"""What to expect of a folder that data shall go to. All that is written is in one folder of it, and removed."""

from .examination import examine

__all__ = ["examine"]
