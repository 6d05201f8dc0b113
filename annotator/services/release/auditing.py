"""What a card says of agreement and of the judges."""

from __future__ import annotations

from annotator.services.release.plan import Plan
from db.engine import Session


def audit_lines(session: Session, plan: Plan) -> list[str]:
    """Agreement of the annotators on what goes in."""
    going = {entry.head.id for entry in plan.entries}
    shares = [s for item_id, s in plan.admission.agreements.items() if item_id in going]
    if not shares:
        return ["No item was annotated by two people, so there is no agreement to report.", ""]
    whole = sum(1 for share in shares if share == 1)
    return [
        f"{len(shares)} items were annotated by two or more people; on {whole} of them all gave "
        f"the same verdict ({whole / len(shares):.0%}).",
        "",
    ]
