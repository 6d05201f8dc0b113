"""Judges: asking judge models, reading what they reply, and what published kits make of it.

    read_reply(reply, ask, form)    a score or a reason per component, with places
    kits(reply, ask, form)          what VLMEvalKit, lmms-eval and MIA's notebook make of it
    read_lines(lines)               both, for the lines of a JSONL file
    JudgeClient(server).ask(q)      ask a judge model; every call ends in an Answer

A wrong score is worse than none: what cannot be read for sure is unparsed, and says why.
"""

from __future__ import annotations

from annotator.judges.asking import Answer, Price, Question, Server, Tokens, data_uri
from annotator.judges.client import JudgeClient
from annotator.judges.files import read_lines
from annotator.judges.kits import KitReading, kits
from annotator.judges.reading import MAX_REPLY, read_reply
from annotator.judges.result import FORMS, Ask, Form, Read, Reading, Total, Unparsed

__all__ = [
    "FORMS",
    "MAX_REPLY",
    "Answer",
    "Ask",
    "Form",
    "JudgeClient",
    "KitReading",
    "Price",
    "Question",
    "Read",
    "Reading",
    "Server",
    "Tokens",
    "Total",
    "Unparsed",
    "data_uri",
    "kits",
    "read_lines",
    "read_reply",
]
