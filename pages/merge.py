"""Merge: a newer source against what people made of an item."""

from __future__ import annotations

from annotator.ui.merge import show

show()
