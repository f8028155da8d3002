"""Whether all is there that the documents of a run promise. How a file is looked at, its format says: ``check.py``."""
