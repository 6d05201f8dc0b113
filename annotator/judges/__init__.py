"""Judges: reading what judge models reply, and what published kits make of it.

    read_reply(reply, ask, form)    a score or a reason per component, with places
    kits(reply, ask, form)          what VLMEvalKit, lmms-eval and MIA's notebook make of it
    read_lines(lines)               both, for the lines of a JSONL file

A wrong score is worse than none: what cannot be read for sure is unparsed, and says why.
"""

from __future__ import annotations

from annotator.judges.files import read_lines
from annotator.judges.kits import KitReading, kits
from annotator.judges.reading import MAX_REPLY, read_reply
from annotator.judges.result import FORMS, Ask, Form, Read, Reading, Total, Unparsed

__all__ = [
    "FORMS",
    "MAX_REPLY",
    "Ask",
    "Form",
    "KitReading",
    "Read",
    "Reading",
    "Total",
    "Unparsed",
    "kits",
    "read_lines",
    "read_reply",
]
