"""Judges: how far each can be trusted, and what that does to the models."""

from __future__ import annotations

from annotator.ui.judges import show

show()
