"""Runs of plans as NeXus: what a scientist finds who opens the file with h5py, nexusformat or silx' conventions."""
