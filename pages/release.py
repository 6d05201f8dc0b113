"""Release: what would go in, then writing it."""

from __future__ import annotations

from annotator.ui.release import show

show()
