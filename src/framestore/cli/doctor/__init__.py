"""``framestore doctor``: what is wrong with an installation, or with a folder for data, and what to do about it.

One module a subject. Its functions take what they look at, and return findings; `report` prints them. Nothing here
repairs anything.
"""

from .command import doctor

__all__ = ["doctor"]
