"""One HDF5 file of a run, or several: what is in them, and how frames come there."""
