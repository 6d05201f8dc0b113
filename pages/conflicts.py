"""Conflicts: what was found and what people flagged, settled one by one or all of a kind."""

from __future__ import annotations

from annotator.ui.conflicts import show

show()
