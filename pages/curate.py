"""Curate: what several annotators say of one item, side by side, and what is agreed."""

from __future__ import annotations

from annotator.ui.curate import show

show()
