"""TIFF: a file a frame, or a file of many pages a field."""

from .export import STACK_TEMPLATE, TEMPLATE, export_tiff

__all__ = ["STACK_TEMPLATE", "TEMPLATE", "export_tiff"]
