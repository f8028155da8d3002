"""What others write, areaDetector and its kin above all: read here, never written.

A module a kind of file: where its frames are, for ``load``, and the handler class of its spec. What framestore writes
itself has a package a format, beside this one.
"""
