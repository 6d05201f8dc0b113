"""Adjudicate: where judges, rules and people disagree, one case at a time."""

from __future__ import annotations

from annotator.ui.adjudicate import show

show()
