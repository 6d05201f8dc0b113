"""Agreement: how far annotators agree, where they differ, and how each one does."""

from __future__ import annotations

from annotator.ui.agreement import show

show()
