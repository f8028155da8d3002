"""Where the frames of a camera go now."""

from concurrent.futures import Future

from framestore.acquisition import Acquisition
from framestore.documents import AssetDocuments, Place

from .panel import Panel
from .places import Places


class Destination:
    """The file, or series of files, of a staging, and the resource that tells of it.

    Parameters
    ----------
    acquisition
        Takes the frames.
    documents
        Those of the camera.
    places
        Where files go.
    panel
        Of the camera: it shows the path of each file, or the template of a series of files.
    frames_per_point
        Frames in an event.
    """

    def __init__(
        self,
        acquisition: Acquisition,
        documents: AssetDocuments,
        *,
        places: Places,
        panel: Panel,
        frames_per_point: int,
    ) -> None:
        self._acquisition = acquisition
        self._documents = documents
        self._places = places
        self._panel = panel
        self._frames_per_point = frames_per_point
        self._place: Place | None = None
        self.is_there = False
        """Whether there is a file, or will be as soon as the disk has made it."""

    @property
    def needs_file(self) -> bool:
        """Whether there is no file that points of the stream which comes next may go to."""
        return not self.is_there or self._documents.needs_file

    def check_folder(self) -> None:
        """Look whether files can be written, where the path provider knows its folder by now; OSError when not."""
        known = self._places.known_folder
        if known is not None:
            self._acquisition.placing.check_folder(*known, self._frames_per_point)

    def begin(self, *, vital: bool = True) -> "Future[None]":
        """All further points go to a new file; done when it is made. ``vital`` as in `Acquisition.open`."""
        place = self._next()
        made = self._acquisition.placing.open(place.path, place.info.create_dir_depth, vital=vital)
        self._documents.start_resource(place)
        self._enter(place)
        return made

    def follow(self, part: int) -> None:
        """The points that come now stand in that part of a file that is split: that has a resource of its own."""
        if self._place is not None and part != self._place.part:
            place = self._place.followed_by(part)
            self._documents.start_resource(place)
            self._enter(place)

    def take_out(self, points: int) -> None:
        """The last so many points leave the file that they stand in, unless that was full before."""
        if points and self._place is not None:
            self._acquisition.placing.take_back(points * self._frames_per_point, self._place.part)

    def settle(self, *, by_hand: bool, closed: bool) -> None:
        """Bring the file in order before documents are handed out; what it raises is told in `Staging.settle`."""
        change = self._documents.settle(by_hand=by_hand)
        if not (change.dropped or change.moved_from is not None):
            return
        full = self._place is None or self._place.part != self._acquisition.placing.part
        if closed or full:
            what = "the file was full and another begun" if full else "unstaged"
            msg = (
                f"{self._panel.name}: {what} between the trigger and the read of a point, whose frames cannot be "
                "brought to their place any more; have the plan read, then unstage"
            )
            raise RuntimeError(msg)
        frames = self._frames_per_point
        if change.dropped:
            self._acquisition.placing.remove(change.dropped.start * frames, len(change.dropped) * frames)
        if change.moved_from is not None:
            self._move(change.moved_from * frames)

    def _move(self, first: int) -> None:
        """The frames from row ``first`` on go to a new file."""
        place = self._next()
        self._acquisition.placing.move(first, place.path, place.info.create_dir_depth)
        datum_id = self._documents.move(place)
        if datum_id is not None:
            self._panel.correct(datum_id)
        self._enter(place)

    def _next(self) -> Place:
        return self._places.next(self._frames_per_point, self._acquisition.shape)

    def _enter(self, place: Place) -> None:
        self._place = place
        self.is_there = True
        self._panel.show({"file_path": str(place.path)})
