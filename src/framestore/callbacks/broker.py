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
        self._fill = getattr(db, "fill_events", None) or getattr(getattr(db, "fs", None), "fill_events", None)
        self.root_map: RootMap | None = dict(getattr(db, "root_map", None) or {}) or None
        known = dict(getattr(db, "handler_registry", None) or {})
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
