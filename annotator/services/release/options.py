"""What a person asks of a release."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from annotator.domain.admission import Rules, checked
from annotator.domain.records import Dataset
from annotator.domain.splitting import Scheme, read_scheme
from annotator.errors import InvalidValue
from annotator.services.importing import FORMATS, format_of

NEWEST: Final = "newest"
NONE: Final = "none"
KIT_FORMATS: Final = ("mia-bench-tsv", "mia-bench-parquet")
UNWEIGHTED_KIT_FORMATS: Final = ("mm-ifeval-tsv", "parquet")


@dataclass(frozen=True, slots=True)
class Options:
    """What a release is made of; with the database's state it decides every byte.

    Args:
        name: the release's name, given once per dataset.
        rules: what goes in.
        splits: see ``annotator.domain.splitting.read_scheme``.
        seed: another drawing of the splits.
        formats: names of formats; see default_formats where there is none.
        previous: the release to compare with: its name, ``newest`` or ``none``.
        placed: the splits of items that wait for a person, by their id in the source.
        data_only: just one format's file, manifest and changes (``annotator export``).
    """

    name: str
    rules: Rules = field(default_factory=Rules)
    splits: str = NONE
    seed: str = ""
    formats: tuple[str, ...] = ()
    previous: str = NEWEST
    placed: Mapping[str, str] = field(default_factory=dict)
    data_only: bool = False

    @property
    def scheme(self) -> Scheme:
        """How it is split."""
        return read_scheme(self.splits, self.seed)

    def as_dict(self) -> dict[str, Any]:
        """The options as JSON, for the manifest and for jobs."""
        return {
            "name": self.name,
            "rules": self.rules.as_dict(),
            "splits": self.splits,
            "seed": self.seed,
            "formats": list(self.formats),
            "previous": self.previous,
            "placed": dict(self.placed),
            "data_only": self.data_only,
        }


def options_of(values: Mapping[str, Any]) -> Options:
    """The inverse of Options.as_dict; what is left out is as by default."""
    rules: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in values.get("rules", {}).items()
    }
    lists = {"formats": tuple(values.get("formats", ()))}
    return Options(**{**values, **lists, "rules": Rules(**rules)})


def settled(options: Options, dataset: Dataset) -> Options:
    """The options checked, with the defaults of the dataset filled in.

    Raises:
        InvalidValue: a name that could be no folder's, rules or splits that are none.
        NotFound: an unknown format.
    """
    names = options.formats or default_formats(options, dataset)
    for name in names:
        format_of(name)
    rules, scheme = options.rules, options.scheme
    if "dropped" in scheme.names and "drop" not in rules.verdicts:
        rules = replace(rules, verdicts=(*rules.verdicts, "drop"))
    return replace(
        options,
        name=check_name(options.name),
        rules=checked(rules),
        formats=tuple(dict.fromkeys(names)),
    )


def default_formats(options: Options, dataset: Dataset) -> tuple[str, ...]:
    """The dataset's own form, and those that evaluation kits load."""
    if options.data_only:
        return (dataset.format,)
    kits = KIT_FORMATS if dataset.target is not None else UNWEIGHTED_KIT_FORMATS
    return tuple(dict.fromkeys((dataset.format, *(name for name in kits if name in FORMATS))))


def check_name(name: str) -> str:
    """Refuse a name that could not be a folder's."""
    if not re.fullmatch(r"[\w][\w.+-]{0,79}", name):
        raise InvalidValue(
            "name", f"{name!r} must be letters, digits, dots, hyphens, 80 at the most"
        )
    if name in (NEWEST, NONE, "source"):
        raise InvalidValue("name", f"{name!r} means something else here; choose another")
    return name


def slug(name: str) -> str:
    """A dataset's name as a file's."""
    return re.sub(r"[^\w.+-]+", "-", name).strip("-.") or "dataset"
