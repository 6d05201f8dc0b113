"""Twenty people at work while the server is killed: what was acknowledged is there."""

from __future__ import annotations

from pathlib import Path

from tests.bench.crashing import damage, through_crashes
from tests.bench.places import Place

PEOPLE = 20
SECONDS = 60


def test_a_minute_of_twenty_annotators_with_a_kill(tmp_path: Path) -> None:
    place = Place(tmp_path)
    home = place.copy(600, "crashes")
    database = str(home / "annotator.db")
    tally = through_crashes(place, home, database, people=PEOPLE, seconds=SECONDS, kills=1)
    assert list(damage(database, tally)) == []
    assert tally.submitted
    assert tally.dropped >= PEOPLE
