"""What a broker does for a callback: it fills events, and knows handlers and where files are."""

from typing import Any

from framestore_handlers import handler_registry
from framestore_handlers.access import RootMap

Document = dict[str, Any]


class Broker:
    """A databroker, as bluesky's callbacks take it.

    Parameters
    ----------
    db
        The broker. One whose ``fill_events`` works is asked for the frames; databroker 1.x has none that does: the
        files are then read by the documents, with its ``root_map``, and its handlers for specs that are not known here.
    """

    def __init__(self, db: Any) -> None:
        registry = getattr(db, "reg", None)
        parts = [db, registry if registry is not None else getattr(db, "fs", None)]
        self._fill: Any = _first(parts, "fill_events")
        self.root_map: RootMap | None = dict(_first(parts, "root_map") or {}) or None
        known = dict(_first(parts, "handler_registry") or _first(parts, "handler_reg") or {})
        self.handlers = {spec: handler for spec, handler in known.items() if spec not in handler_registry}

    def filled(self, event: Document, descriptor: Document, field: str) -> Document:
        """The event with the frames of a data key in it, where the broker gives them."""
        told = descriptor["data_keys"].get(field, {})
        if self._fill is None or "external" not in told or event.get("filled", {}).get(field):
            return event
        try:
            (found,) = self._fill(events=[event], descriptors=[descriptor], fields=[field])
        except NotImplementedError:
            self._fill = None
            return event
        return {
            **event,
            "data": {**event["data"], field: found["data"][field]},
            "filled": {**event.get("filled", {}), field: True},
        }


def _first(parts: list[Any], name: str) -> Any:
    """What the first has of that name that has it; None where none has."""
    return next((found for part in parts if (found := getattr(part, name, None)) is not None), None)
