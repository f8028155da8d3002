"""What a killed writer left in a stack of TIFF pages."""

import os
import struct
from pathlib import Path

from framestore_handlers.live import check_not_live
from framestore_handlers.place import Place
from framestore_handlers.recovery import Recovery
from framestore_handlers.tiff.layout import Tag
from framestore_handlers.tiff.page import CutOffError, Page

from .pages import Pages


def recover(path: Path, *, dry_run: bool) -> Recovery:
    """Take out of a stack what stands behind its last whole page, and a link to a page that is not whole.

    Parameters
    ----------
    path
        The file.
    dry_run
        Only look.

    Raises
    ------
    FileNotFoundError
        When the file is gone.
    OSError
        When it is no stack that framestore wrote.
    BlockingIOError
        When a writer has it open, where that can be told.
    """
    check_not_live(path)
    with Pages(Place.of(path)) as pages, path.open("rb" if dry_run else "r+b", buffering=0) as file:
        frames, link, end, damaged = _whole_pages(pages, path)
        found = [f"frame {frames} is linked, but not whole"] if damaged else []
        if pages.size > end:
            found.append(f"{pages.size - end} bytes behind the last page, of frames that were not finished or not kept")
        if found and not dry_run:
            if damaged:
                file.seek(link)
                file.write(struct.pack(f"{pages.head.order}Q", 0))
            file.truncate(min(end, pages.size))
            os.fsync(file.fileno())
    return Recovery(path=path, frames=frames, found=tuple(found), mended=bool(found) and not dry_run)


def _whole_pages(pages: Pages, path: Path) -> tuple[int, int, int, bool]:
    """How many there are, where the link behind the last is, where that page ends, and whether the link leads on."""
    frames, link, end, offset = 0, pages.head.link, pages.head.nbytes, pages.head.first
    if not pages.head.big:
        raise _foreign(path)
    while offset >= end:  # each stands behind the one before
        try:
            page = Page.at(offset, pages.head, pages.read)
            if Tag.PAGE_BYTES not in page.entries:
                raise _foreign(path)
            after = _end(page, pages.size)
        except CutOffError:
            break
        frames, link, end, offset = frames + 1, page.link, after, page.next
    return frames, link, end, offset != 0


def _end(page: Page, size: int) -> int:
    """Where a page ends, if it is whole."""
    strip = page.strip()
    page.check_text()
    _, count, place = page.entries.get(Tag.DESCRIPTION, (0, 0, 0))
    end = max(strip.offset + strip.nbytes, page.link + 8, place + count) if strip else size + 1
    if end > size:
        raise CutOffError
    return end


def _foreign(path: Path) -> OSError:
    return OSError(f"{path} is no stack of TIFF pages that framestore wrote; nothing was looked for in it")
