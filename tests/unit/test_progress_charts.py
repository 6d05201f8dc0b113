"""The charts of Progress, as what they are drawn from."""

from __future__ import annotations

import pandas as pd

from annotator.ui.progress import charts

DAYS = pd.DataFrame(
    [
        {"day": "2026-11-01", "left": 9, "submitted": 3, "settled": 1},
        {"day": "2026-11-02", "left": 7, "submitted": 4, "settled": 2},
    ]
)


def test_a_days_bars_stand_side_by_side_and_no_time_zone_moves_them():
    for chart in charts(DAYS):
        x = chart.to_dict()["encoding"]["x"]
        assert (x["type"], x["timeUnit"]) == ("ordinal", "utcyearmonthdate")
    y = charts(DAYS)[1].to_dict()["encoding"]["y"]
    assert "stack" in y and y["stack"] is None
