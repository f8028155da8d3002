"""Regions of interest of a camera, as signals."""

from collections.abc import Mapping, Sequence
from typing import Any

from ophyd import Component, Device
from ophyd.signal import InternalSignal

from framestore.roi import ROI

from .components import add_components


def add_rois(camera: Device, rois: Mapping[str, ROI], statistics: Sequence[str], name: str) -> None:
    """Give a camera signals for its regions and their numbers; called before ``Device.__init__``.

    Raises
    ------
    ValueError
        When a name is that of something else of the camera.
    """
    components: dict[str, Component[Any]] = {}
    for roi, region in rois.items():
        edges = [int(edge) for edge in (region.x, region.y, region.width, region.height)]
        components[roi] = Component(InternalSignal, value=edges, kind="config", doc="x, y, width, height; pixels")
        for statistic in statistics:
            doc = f"{statistic} of {roi}"
            components[f"{roi}_{statistic}"] = Component(InternalSignal, value=0.0, kind="omitted", doc=doc)
    try:
        add_components(camera, components)
    except ValueError as error:
        msg = f"{name}: {error}; name the region otherwise"
        raise ValueError(msg) from None
