"""Days, pace and the expected end."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from annotator.domain.progress import days, ending, pace

TODAY = date(2026, 11, 21)
COUNTS = st.dictionaries(
    st.integers(0, 40).map(lambda back: TODAY - timedelta(days=back)), st.integers(1, 9)
)


def ago(number):
    return TODAY - timedelta(days=number)


def test_the_burn_down_goes_day_by_day():
    known = days({ago(2): 3, TODAY: 1}, {ago(2): 1, ago(0): 2}, total=10, today=TODAY)
    assert [(d.submitted, d.settled, d.left) for d in known] == [(3, 1, 9), (0, 0, 9), (1, 2, 7)]
    assert (pace(known).submitted, pace(known).settled, pace(known).days) == (4 / 3, 1, 3)
    found = ending(known, left=7, today=TODAY)
    assert found.date == TODAY + timedelta(days=7) and "last 3 days" in found.why


def test_the_end_is_said_in_words_where_it_cannot_be_known():
    assert ending([], left=3, today=TODAY).why == "nothing has been done yet, so there is no pace"
    idle = days({ago(20): 3}, {ago(20): 2}, total=5, today=TODAY)
    assert ending(idle, left=3, today=TODAY).why == "nothing was settled in the last 7 days"
    stuck = days({ago(1): 3}, {}, total=5, today=TODAY)
    assert "nothing was settled lately" in ending(stuck, left=5, today=TODAY).why
    assert ending(stuck, left=0, today=TODAY).why == "every item is settled"
    slow = days({}, {ago(6): 1}, total=10**6, today=TODAY)
    assert "ten years" in ending(slow, left=10**6 - 1, today=TODAY).why


@given(COUNTS, COUNTS)
def test_no_day_is_missing_and_what_is_left_adds_up(submitted, settled):
    known = days(submitted, settled, total=1000, today=TODAY)
    assert sum(d.submitted for d in known) == sum(submitted.values())
    if known:
        assert known[-1].left == 1000 - sum(settled.values())
        assert [d.date for d in known] == [
            known[0].date + timedelta(days=n) for n in range(len(known))
        ]
        assert known[-1].date == TODAY
