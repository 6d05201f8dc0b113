"""Curate benchmarks of multimodal instruction following."""

__version__ = "0.1.0"
