"""Contradictions that judge models proposed, as findings that wait for a person."""

from __future__ import annotations

from collections.abc import Iterator

from annotator.checks.naming import joined
from annotator.checks.subject import Subject
from annotator.domain.findings import Finding


def check(subject: Subject) -> Iterator[Finding]:
    """A warning for each proposal; only a person makes more of it."""
    components = subject.content.components
    for proposal in subject.proposals:
        if not all(0 <= member < len(components) for member in proposal.members):
            continue
        named = joined([str(member + 1) for member in proposal.members])
        yield Finding(
            "proposed",
            "warning",
            tuple(components[member].key for member in proposal.members),
            f"{proposal.model} proposes that components {named} cannot hold together: "
            f"{proposal.reason}",
            {
                "model": proposal.model,
                "prompt": proposal.prompt,
                "members": list(proposal.members),
                "phrases": list(proposal.phrases),
                "proof": "model",
                "score": 0.5,
            },
        )
