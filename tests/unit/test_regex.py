"""Patterns that are compiled at their first use."""

import gc
import importlib
import pkgutil
import re

import pytest

import annotator.checks
import annotator.constraints
import annotator.judges
from annotator.domain.regex import Regex, regex


def test_it_says_what_the_compiled_pattern_says():
    words = regex(r"a(b)", re.IGNORECASE)
    assert words.sub(r"\1", "xAB") == "xB"
    assert words.search("AB").group(1) == "B"
    assert (words.pattern, words.groups) == (r"a(b)", 1)


def test_nothing_is_compiled_before_it_is_asked():
    broken = regex("(")
    with pytest.raises(re.error):
        broken.search("x")


def test_every_pattern_of_the_program_can_be_compiled():
    for package in (annotator.checks, annotator.constraints, annotator.judges):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    found = [one for one in gc.get_objects() if isinstance(one, Regex)]
    found = [one for one in found if one.pattern != "("]
    assert len(found) > 300
    for one in found:
        re.compile(one.pattern, one.flags)
