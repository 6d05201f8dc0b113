"""Progress: how far the work is, and what blocks whom."""

from __future__ import annotations

from annotator.ui.progress import show

show()
