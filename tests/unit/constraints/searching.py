"""How Hypothesis searches for counterexamples here.

Every run of the suite looks at the same examples, so that it cannot fail by the draw of the day.
To search anew, and longer: LAWS_EXAMPLES=20000 pytest tests/unit/constraints
"""

from __future__ import annotations

import os
import time

from hypothesis import HealthCheck, settings

_ASKED = int(os.environ.get("LAWS_EXAMPLES", "0"))
SEARCH = settings(
    max_examples=_ASKED or 300,
    derandomize=not _ASKED,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
FEWER = settings(SEARCH, max_examples=_ASKED or 80)
"""For the searches that look at every small text for each example."""
UNBOUNDED = 600.0
"""Seconds of processor time that no example needs: the clock decides nothing."""


_NOMINAL = 0.1
"""Seconds of processor time that `_work` takes where the bar of one second was set."""


def a_second_here() -> float:
    """What a second of that machine is on this one, now: never less, more where this is slower."""
    start = time.thread_time()
    _work()
    return max(1.0, (time.thread_time() - start) / _NOMINAL)


def _work() -> int:
    return sum(i * i for i in range(1_000_000))
