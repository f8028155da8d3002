"""Regions of interest of a camera, and the names of its numbers."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from framestore.acquisition import check_names
from framestore.roi import ROI


def as_rois(rois: Mapping[str, Any], statistics: Sequence[str], camera: str) -> dict[str, ROI]:
    """Regions by name; each is a `ROI`, or (x, y, width, height) in pixels.

    Raises
    ------
    ValueError
        When an edge is outside any frame, a name is no identifier, or there is no number to compute of them.
    TypeError
        When something is no region.
    """
    if not isinstance(cast("object", rois), Mapping):
        msg = f"{camera}: rois must be regions by name, such as {{'spot': (10, 20, 30, 40)}}, not {rois!r}"
        raise TypeError(msg)
    if rois and not statistics:
        msg = f"{camera}: rois={list(rois)} with stats=(): there is nothing to compute of them; name numbers in stats"
        raise ValueError(msg)
    regions = {name: _as_roi(name, roi, camera) for name, roi in rois.items()}
    check_names(regions, camera)
    return regions


def names_of_numbers(rois: Mapping[str, ROI], statistics: Sequence[str]) -> tuple[str, ...]:
    """Names of all numbers: those of the frame, then those of each region, ``"<roi>_<statistic>"``."""
    return (*statistics, *(f"{roi}_{statistic}" for roi in rois for statistic in statistics))


def _as_roi(name: str, roi: Any, camera: str) -> ROI:
    if isinstance(roi, ROI):
        return roi
    if not isinstance(roi, Sequence) or isinstance(roi, str) or len(roi) != 4:
        msg = f"{camera}: region {name!r} must be a framestore.ROI, or (x, y, width, height) in pixels, not {roi!r}"
        raise TypeError(msg)
    x, y, width, height = roi
    try:
        return ROI(x=x, y=y, width=width, height=height)
    except ValueError as error:
        msg = f"{camera}: region {name!r}: {error}"
        raise ValueError(msg) from None
