"""What bluesky asks a camera, and what follows for its documents and files."""

from collections.abc import Iterator
from typing import Any

from framestore.documents import AssetDocuments

from .asking import Asking
from .stagings import Stagings


class Conversation:
    """Answers for a camera, to be given in the order in which it is asked, in the thread that asks.

    Parameters
    ----------
    documents
        Of the camera.
    stagings
        Of the camera.
    """

    def __init__(self, documents: AssetDocuments, stagings: Stagings) -> None:
        self._documents = documents
        self._stagings = stagings
        self._asking = Asking()
        self._described = False
        self._flown = False

    @property
    def flown(self) -> bool:
        """Whether the stream that began last, in this staging, is flown: it has no numbers to be shown."""
        return self._flown and self._stagings.last is not None and not self._stagings.last.closed

    def reads(self) -> bool:
        """The reading is asked for: whether it has an image; not where bluesky reads a camera that flies, or idles."""
        there = self._asking.has_image(staged=self._stagings.takes_events)
        self._documents.read()
        return there

    def describes(self) -> bool:
        """The data keys are asked for: whether the image is one."""
        self._described = True
        return self._asking.describes_image(staged=self._stagings.takes_events)

    def describes_configuration(self) -> None:
        """It is asked what the configuration is."""
        self._asking.describes_configuration()

    def reads_configuration(self) -> bool:
        """The configuration is asked for: whether the file has to be settled before, since its path is read then."""
        stream = self._asking.begins_stream()
        if stream is not None:
            self._documents.announce()
            self._flown, self._described = not self._described, False  # else the data keys of an event were asked for
        return stream == "read" and self._stagings.last is not None

    def settle(self) -> None:
        """Bring the file in order; it may have to be made, or frames moved. Raises as `Staging.settle`."""
        if self._stagings.last is not None:
            self._stagings.last.settle()

    def collect(self, index: int | None) -> Iterator[tuple[str, Any]]:
        """The documents are asked for, of the points before ``index``; raises as `Staging.collect`."""
        reading = self._asking.collected()
        if self._stagings.last is not None:
            yield from self._stagings.last.collect(index, reading=reading)

    def stop(self, *, success: bool) -> None:
        """End what is under way; unless with ``success``, as an error."""
        if self._stagings.last is not None:
            self._stagings.last.stop(success=success)

    def pause(self) -> str | None:
        """The plan may go back behind the last point; returns the datum id that its reading has now."""
        if self._stagings.last is not None:
            self._stagings.last.pause()
        return self._documents.pause()

    def resume(self) -> None:
        """A fly scan goes on."""
        if self._stagings.last is not None:
            self._stagings.last.resume()
