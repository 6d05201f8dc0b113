"""Releases: the curated benchmark, what was changed of it, and everything needed to load it.

    options      what a person asks for
    plan         what goes in and where, decided from one snapshot of the database
    walking      the items that go in, streamed
    survey       figures of them, and what published readers would stumble over
    drafting     the card and the changes, to be read before anything is written
    writing      carries a plan out
    making       previews, writes, notes and puts into place
    verify       whether a folder is still what was written
    publishing   a release copied to an address that is no folder
    reproducing  a release made again, to compare the bytes
    comparing    what differs between two releases

A release is written into a hidden folder beside its place and moved there in one step, so that
what stands under its name is always whole. What stands there is never overwritten. Its times are
those of the last event, so that the same state and options give the same bytes.
"""

from __future__ import annotations

from annotator.domain.admission import EVERYTHING_BUT_DROPPED as DEFAULT_INCLUDE
from annotator.domain.admission import OPEN, Rules
from annotator.domain.vocabulary import FLAG_KINDS
from annotator.services.release.comparing import (
    Comparison,
    ItemDifference,
    compare_folders,
    compare_source,
)
from annotator.services.release.drafting import drafted
from annotator.services.release.folder import refuse_existing
from annotator.services.release.making import Preview, create, export, foresee, preview, told
from annotator.services.release.options import (
    Options,
    check_name,
    default_formats,
    options_of,
    slug,
)
from annotator.services.release.publishing import (
    fetched,
    is_address,
    publish,
    refuse_occupied,
)
from annotator.services.release.reproducing import (
    Reproduction,
    folder_of,
    named,
    of_dataset,
    reproduce,
    summary,
    verify_noted,
)
from annotator.services.release.verify import Verification, verify

__all__ = [
    "DEFAULT_INCLUDE",
    "FLAG_KINDS",
    "OPEN",
    "Comparison",
    "ItemDifference",
    "Options",
    "Preview",
    "Reproduction",
    "Rules",
    "Verification",
    "check_name",
    "compare_folders",
    "compare_source",
    "create",
    "default_formats",
    "drafted",
    "export",
    "fetched",
    "folder_of",
    "foresee",
    "is_address",
    "named",
    "of_dataset",
    "options_of",
    "preview",
    "publish",
    "refuse_existing",
    "refuse_occupied",
    "reproduce",
    "slug",
    "summary",
    "told",
    "verify",
    "verify_noted",
]
