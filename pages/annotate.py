"""Annotate: one item, its image beside its instruction, and everything a person can say of it."""

from __future__ import annotations

from annotator.ui.annotate import show

show()
