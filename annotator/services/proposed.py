"""The hash under which a content is known to judge models, and what they proposed for it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from annotator.checks import Proposal
from annotator.domain.items import ItemContent
from db import proposals
from db.engine import Session


def content_hash(content: ItemContent) -> str:
    """The sha256 of what a model is shown: the instruction, and the components' texts in order."""
    shown = [content.instruction, [component.text for component in content.components]]
    return hashlib.sha256(json.dumps(shown, ensure_ascii=True).encode()).hexdigest()


def proposals_of(session: Session, contents: Sequence[ItemContent]) -> list[tuple[Proposal, ...]]:
    """What judge models proposed for each of these very contents."""
    hashes = [content_hash(content) for content in contents]
    said = proposals.of_contents(session, contents=hashes)
    return [
        tuple(
            Proposal(
                model=one.model,
                prompt=one.prompt,
                members=tuple(clash["members"]),
                reason=clash["reason"],
                phrases=tuple(clash["phrases"]),
            )
            for one in said[digest]
            for clash in one.clashes
        )
        for digest in hashes
    ]
