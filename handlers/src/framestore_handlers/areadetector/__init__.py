"""What areaDetector and its kin write, read here and never written: one handler a spec of area-detector-handlers.

Names of the classes, of their arguments and of those of a call are those of area-detector-handlers 0.0.10; so are the
values, where they are right. What differs stands in each class's docstring. Formats that framestore itself writes
(``AD_HDF5``, ``AD_TIFF``) have folders of their own.
"""

from .specs import handlers, openers

__all__ = ["handlers", "openers"]
