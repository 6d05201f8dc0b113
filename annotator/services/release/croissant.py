"""croissant.json: the release described in MLCommons' Croissant 1.0 (arXiv 2403.19546)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from annotator.services.release.folder import digest
from annotator.services.release.plan import Plan

CROISSANT: Final = "croissant.json"

CONTEXT: Final[dict[str, Any]] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}

FIELDS: Final = {
    "id": ("sc:Integer", "The item's number."),
    "item": ("sc:Text", "The item's id in its source."),
    "split": ("sc:Text", "The split the item is in."),
    "became": ("sc:Text", "Whether the item is clean, repaired or dropped."),
    "instruction": ("sc:Text", "What the model is asked about the image."),
    "level": ("sc:Text", "The source's class of the instruction."),
}
"""The plain columns of items: their Croissant type and what they mean."""


def croissant_text(plan: Plan, items: Mapping[str, Path], licence: str | None) -> str:
    """The description as JSON-LD.

    Args:
        items: the files of items by split, relative paths as names.
    """
    name = f"{plan.dataset.name} {plan.options.name}"
    values = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "name": name,
        "description": "A curated multimodal instruction-following benchmark.",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "license": licence or "not stated",
        "url": f"urn:sha256:{plan.source.sha256}",
        "version": version_of(plan.options.name),
        "datePublished": f"{plan.moment.at:%Y-%m-%d}",
        "creator": {"@type": "sc:Person", "name": plan.actor.name},
        "citeAs": plan.dataset.citation or f"{name}, curated from {plan.source.name}",
        "distribution": [file_object(path, file) for path, file in items.items()],
        "recordSet": [record_set(path) for path in items],
    }
    return json.dumps(values, indent=2, ensure_ascii=False) + "\n"


def version_of(name: str) -> str:
    """A release's name as the version number that Croissant asks for; 0.0.0 for a word."""
    parts = name.removeprefix("v").split(".")
    if not all(part.isdecimal() for part in parts) or len(parts) > 3:
        return "0.0.0"
    return ".".join([*parts, "0", "0"][:3])


def file_object(path: str, file: Path) -> dict[str, Any]:
    """One file of the release."""
    return {
        "@type": "cr:FileObject",
        "@id": path,
        "name": path,
        "contentUrl": path,
        "encodingFormat": "application/jsonlines",
        "contentSize": f"{file.stat().st_size} B",
        "sha256": digest(file),
    }


def record_set(path: str) -> dict[str, Any]:
    """The items of one split as records."""
    name = Path(path).stem
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "description": f"The items of the split {name}.",
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"{name}/{column}",
                "name": column,
                "description": meaning,
                "dataType": kind,
                "source": {"fileObject": {"@id": path}, "extract": {"column": column}},
            }
            for column, (kind, meaning) in FIELDS.items()
        ],
    }
