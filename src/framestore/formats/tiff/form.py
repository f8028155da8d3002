"""Directories of TIFF pages (IFDs) as forms: all that stays the same is packed once, then values are filled in."""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from framestore_handlers.tiff.layout import Tag, Type


@dataclass(frozen=True, kw_only=True, slots=True)
class Numbers:
    """How numbers stand in a file, and how long the parts of a directory are with them."""

    order: str
    """Byte order: ``"<"`` or ``">"``."""
    big: bool
    """Whether the file is a BigTIFF."""

    @property
    def head(self) -> int:
        """Bytes of the head of a file."""
        return 16 if self.big else 8

    @property
    def count(self) -> int:
        """Bytes of the number of entries."""
        return 8 if self.big else 2

    @property
    def entry(self) -> int:
        """Bytes of an entry."""
        return 20 if self.big else 12

    @property
    def inline(self) -> int:
        """Bytes of an offset; values that take no more stand in the entry itself."""
        return 8 if self.big else 4

    def offset(self, value: int) -> bytes:
        """An offset in the file, or a number of bytes."""
        return struct.pack(self.order + ("Q" if self.big else "I"), value)

    def pack(self, code: str, *values: float) -> bytes:
        """Numbers, each of the type that ``struct`` calls ``code``."""
        return struct.pack(f"{self.order}{len(values)}{code}", *values)


class Entry(NamedTuple):
    """A tag with its values."""

    tag: int
    kind: Type
    length: int
    """How many values."""
    value: bytes
    """All of them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Form:
    """A directory of certain tags, the description's text left out: it comes last."""

    numbers: Numbers
    content: bytes
    """What does not change, and room for what does."""
    places: Mapping[int, int]
    """Where the values of each tag stand in ``content``."""
    outside: Sequence[tuple[int, int]]
    """Of values that do not stand in their entry: where the entry names their offset, and where they are."""
    text: int
    """Where the entry of the description counts its characters."""
    link: int
    """Where the offset of the next page stands in ``content``."""

    @classmethod
    def of(cls, numbers: Numbers, entries: Sequence[Entry]) -> "Form":
        """The form of these entries, and of a description."""
        every = sorted([*entries, Entry(Tag.DESCRIPTION, Type.ASCII, 0, b"")])
        link = numbers.count + len(every) * numbers.entry
        content = bytearray(struct.pack(numbers.order + ("Q" if numbers.big else "H"), len(every)))
        behind = bytearray()
        places: dict[int, int] = {}
        outside: list[tuple[int, int]] = []
        for entry in every:
            content += struct.pack(f"{numbers.order}HH", entry.tag, entry.kind) + numbers.offset(entry.length)
            field = len(content)
            inside = len(entry.value) <= numbers.inline and entry.tag != Tag.DESCRIPTION
            content += entry.value.ljust(numbers.inline, b"\0") if inside else bytes(numbers.inline)
            if inside:
                places[entry.tag] = field
            elif entry.tag != Tag.DESCRIPTION:
                places[entry.tag] = link + numbers.inline + len(behind)
                outside.append((field, places[entry.tag]))
                behind += entry.value + bytes(len(entry.value) % 2)
            else:
                places[entry.tag] = field
        content += bytes(numbers.inline) + behind
        text = places.pop(Tag.DESCRIPTION)
        outside.append((text, len(content)))
        return cls(
            numbers=numbers,
            content=bytes(content),
            places=places,
            outside=outside,
            text=text - numbers.inline,
            link=link,
        )

    def filled(self, offset: int, values: Mapping[int, bytes], text: bytes) -> bytes:
        """The directory as it stands at ``offset`` of the file.

        Parameters
        ----------
        offset
            A multiple of 2.
        values
            By tag; as long as those that the form was made of.
        text
            The description, with the 0 at its end.
        """
        content = bytearray(self.content)
        code = self.numbers.order + ("Q" if self.numbers.big else "I")
        for field, place in self.outside:
            struct.pack_into(code, content, field, offset + place)
        for tag, value in values.items():
            place = self.places[tag]
            content[place : place + len(value)] = value
        struct.pack_into(code, content, self.text, len(text))
        content += text
        return bytes(content)
