"""What every file format offers: a stream of records in, a stream of items out.

A reader keeps each record's text as it stood in the file and the layout around the records, so
that a writer gives an untouched record back as it came. Bytes of images never travel in the text:
the reader takes them out and leaves a token (see ``annotator.formats.embedding``), and the writer
puts them back from the store. Whatever a format does not understand stays in the text and goes out
with it. A format is a class with the methods of ``Format``; ``annotator.formats`` lists them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from annotator.domain.items import JSON, ContentRules, ItemContent
from annotator.domain.records import Origin
from annotator.formats.source import Source

Kind = Literal["items", "answers", "material"]
"""What a file holds: items to curate, models' answers to items, or test material for judges."""

ImagesAs = Literal["bytes", "files", "names", "none"]
"""How a format holds images: inside the file, as files beside it, only by their names, not."""

ReadImage = Callable[[str], bytes | None]
"""The bytes of an image by its sha256; None where it may not go out or is not here."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """An image whose bytes stood inside a record."""

    sha256: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a source.

    Args:
        position: 0-based place in the file.
        source_id: the id the source gives it, None where the form has none.
        text: the record as it stands in the file, embedded images replaced by their tokens.
        content: what the record says, in our values.
        image_ref: the image as the source names it: path, address, or the token of an embedded one.
        declared_count: how many components the record claims to have.
        origin: where it was generated, where it says so.
        notes: what is odd about the record and cannot be seen in the content.
        embedded: the images that stood inside, the item's own first.
        joins: this is no item but a further row of the item with this id (MM-IFEval's comparison
            prompts); ``Format.joined`` adds its text to that record's.
    """

    position: int
    source_id: str | None
    text: str
    content: ItemContent
    image_ref: str | None = None
    declared_count: int | None = None
    origin: Origin = field(default_factory=Origin)
    notes: tuple[str, ...] = ()
    embedded: tuple[Embedded, ...] = ()
    joins: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """A file being read: its records, and the layout around them, whole once they ran out."""

    records: Iterator[Record]
    layout: dict[str, JSON]


@dataclass(frozen=True, slots=True)
class Picture:
    """An item's image on its way out.

    Args:
        sha256: of the image in the store; None where it is not here.
        mime: its media type.
        ref: how the source names it: a path or an address; None where its bytes stood inside.
        by_address: only the reference goes out, not the bytes.
        replaced: somebody gave the item another image than its source has.
    """

    sha256: str | None
    mime: str = ""
    ref: str | None = None
    by_address: bool = False
    replaced: bool = False


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One item on its way out: the record it came from and what it says now.

    Args:
        text: the source's record where it is of the format being written, else None: then the
            record is made anew of the other values.
        content: what the item says; None, only beside a text, where nothing was ever changed.
        curated: True once a person has settled the item, with or without edits.
        key: the item's id in its source.
        picture: its image; None, only beside a text, where nobody gave it another.
        extra: fields to add that the format does not have of its own: what a record of another
            format held beside our values (``Format.unknown``), or what a release says of an item.
            A format that cannot hold them says so among its losses.
    """

    text: str | None
    content: ItemContent | None = None
    curated: bool = False
    key: str = ""
    picture: Picture | None = None
    extra: Mapping[str, JSON] = field(default_factory=dict)


def no_images(sha256: str) -> bytes | None:
    """There is no store of images."""
    return None


@dataclass(frozen=True, slots=True)
class Target:
    """Where a writer writes: a folder that is there, the data file's name without its ending."""

    folder: Path
    name: str
    images: ReadImage = no_images


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: files relative to the folder, the data first, and what got lost."""

    files: tuple[str, ...]
    losses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Holds:
    """What a format has fields for."""

    components: bool = True
    weights: bool = True
    judging: bool = False
    """Judge methods and verifier calls of components."""
    answers: bool = False
    levels: bool = True
    comparisons: bool = False
    """Rows for prompts without one component (MM-IFEval's aux rows)."""
    images: ImagesAs = "names"
    extra: bool = True


class Format(Protocol):
    """One file format.

    ``name`` is its id, ``title`` for people, ``example`` a record as it stands in a file,
    ``extension`` the ending of the file that is written, ``rules`` what its datasets allow.
    """

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def extension(self) -> str: ...
    @property
    def example(self) -> str: ...
    @property
    def kind(self) -> Kind: ...
    @property
    def rules(self) -> ContentRules: ...
    @property
    def holds(self) -> Holds: ...

    def read(self, source: Source, *, skip: int = 0) -> Reading:
        """Read a file as a stream, few records in memory at a time.

        Args:
            skip: so many records are passed over unread; those that follow keep their positions.

        Raises:
            InputError: while the records are walked over, with file, record, field and mend.
        """

    def read_record(self, text: str) -> Record:
        """Read one record's stored text again; its embedded images are not there."""

    def unknown(self, text: str) -> Mapping[str, JSON]:
        """The fields of a stored record that this format has no meaning for."""

    def joined(self, text: str, further: str) -> str:
        """A stored record with a further row of its own (see Record.joins)."""

    def write(
        self, items: Iterable[Outgoing], layout: Mapping[str, JSON], target: Target
    ) -> Written:
        """Write items as they come.

        Args:
            layout: the layout of the source where the items' texts are of this format, else empty.

        Raises:
            InputError: a value that the form cannot hold (see problems).
        """

    def problems(self, item: Outgoing) -> Iterator[str]:
        """What of an item would break the published readers of this form, a sentence each.

        To be asked before a release is made; nothing is written.
        """
