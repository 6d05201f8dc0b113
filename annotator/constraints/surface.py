"""Rules on the surface of a text: decimals and notation of numbers, rhyme."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from annotator.constraints import scopes
from annotator.constraints.base import Clash, Constraint, Outcome, Verdict, kind, undecided
from annotator.constraints.clause import Clause
from annotator.constraints.segment import Response, Span
from annotator.domain.regex import regex

_DECIMALS = regex(
    r"\b(?P<n>\d+)\s+(?:decimal(?:s| places?| digits?| points?)|digits? after the "
    r"decimal(?: point)?)\b|\b(?:nearest|as)\s+(?P<whole>whole numbers?|integers?)\b"
)
_NUMBER = regex(r"(?<![\w.])[-+]?\d[\d,]*(?:\.(?P<d>\d+))?(?!\.?\d)(?P<percent>\s*%)?")


@kind("precision")
@dataclass(frozen=True)
class Precision(Constraint):
    """Every number (or every percentage) in the response has ``decimals`` decimal places."""

    decimals: int
    percent: bool = False

    @classmethod
    def read(cls, clause: Clause) -> Iterator[Constraint]:
        if re.search(r"\b(?:at least|at most|up to|or more|no more than|not)\b", clause.text):
            return
        match = _DECIMALS.search(clause.text)
        if match and re.search(
            r"\b(?:numbers?|numeric\w*|values?|percent\w*|figures?|amounts?|results?|"
            r"prices?|measure\w*|answers?|decimal)\b",
            clause.text,
        ):
            yield cls(int(match["n"] or 0), bool(re.search(r"\bpercent", clause.text)))

    def verify(self, response: Response) -> Verdict:
        found = [m for m in _NUMBER.finditer(response.text) if m["percent"] or not self.percent]
        wrong = next((m for m in found if len(m["d"] or "") != self.decimals), None)
        if wrong:
            span = Span(wrong.start(), wrong.end(), wrong[0])
            return Verdict(
                "fail",
                f"{wrong[0]} has {len(wrong['d'] or '')} decimals; asked: {self.decimals}.",
                (span,),
                len(wrong["d"] or ""),
            )
        return Verdict(
            "pass", f"{len(found)} numbers, all with {self.decimals} decimals.", (), len(found)
        )

    def say(self) -> str:
        what = "percentages" if self.percent else "numbers"
        return f"Round all {what} to {self.decimals} decimal places."

    def clashes(self, other: Constraint) -> Clash | None:
        if (
            isinstance(other, Precision)
            and self.percent == other.percent
            and self.decimals != other.decimals
        ):
            return Clash(
                "format", f"Numbers cannot have both {self.decimals} and {other.decimals} decimals."
            )
        return None


_SCIENTIFIC = regex(
    r"\b(?:in|use|using|with)\s+(?:proper\s+|standard\s+)?scientific(?:\s+|-)notation\b"
)
_SCIENTIFIC_NUMBER = regex(
    r"(?<![\w.])[-+−]?\d(?:\.\d+)?(?:\s*[×x*·]\s*10\s*(?:\^|\*\*)?\s*[{(]?[-+−⁻]?[\d⁰¹²³⁴-⁹]+[})]?|"
    r"[eE][-+]?\d+)"
)


@kind("scientific")
@dataclass(frozen=True)
class Scientific(Constraint):
    """Numbers in the response are in scientific notation ("3.2 × 10^5", "3.2e5")."""

    wanted: bool = True

    @classmethod
    def read(cls, clause: Clause) -> Iterator[Constraint]:
        match = _SCIENTIFIC.search(clause.text)
        if match:
            left = clause.text[: match.start()]
            no = re.search(r"\b(?:not|never|don't|avoid\w*|without|instead of)\b[^.;,]*$", left)
            yield cls(not no)

    def verify(self, response: Response) -> Verdict:
        found = [Span(m.start(), m.end(), m[0]) for m in _SCIENTIFIC_NUMBER.finditer(response.text)]
        if found and not self.wanted:
            return Verdict("fail", f"{found[0].text} is in scientific notation.", (found[0],))
        if not found:
            outcome: Outcome = "fail" if self.wanted else "pass"
            return Verdict(outcome, "No number is in scientific notation.", (), 0)
        rest = _SCIENTIFIC_NUMBER.sub(" ", response.text)
        if _NUMBER.search(rest):
            return undecided(
                "Some numbers are, others are not; which ones are meant is for a judge."
            )
        return Verdict("pass", "All numbers are in scientific notation.", tuple(found), len(found))

    def say(self) -> str:
        return f"{'Write' if self.wanted else 'Do not write'} numbers in scientific notation."

    def clashes(self, other: Constraint) -> Clash | None:
        if not isinstance(other, Scientific) or not self.wanted or other.wanted:
            return None
        return Clash("format", "Scientific notation is asked for and ruled out.")


_RHYME = regex(
    r"\b(?P<no>(?:not|no|non|avoid\w*|without|un|"
    r"don't)\b[\s-]*(?:\w+\s+){0,3})?(?P<r>rhym(?:e|es|ing|ed)|[abcd]{2,6} rhyme "
    r"scheme)(?:[^.;]{0,30}?\b(?P<scheme>[abcd]{4,8})\b)?"
)


_SOME_LINES = regex(r"\b\d+ (?:of the )?lines? (?:(?:must|should|ha(?:ve|s) to|may) )?rhym")


def _one_place(clause: Clause) -> bool:
    """Whether a line or part is named: only that is to rhyme, or not."""
    return any(mark.role in ("nth", "part") for mark in scopes.marks(clause))


_RHYMES_WITH = regex(r"\s+with\s+(?:the\s+)?(?:\w+\s+)?‹")
"""A word that one line is to rhyme with."""


@kind("rhyme")
@dataclass(frozen=True)
class Rhyme(Constraint):
    """The lines rhyme (or do not), in a scheme such as "abab" where one is named."""

    scheme: str = ""
    wanted: bool = True

    @classmethod
    def read(cls, clause: Clause) -> Iterator[Constraint]:
        match = _RHYME.search(clause.text)
        if match and (_SOME_LINES.search(clause.text) or _one_place(clause)):
            return
        if match and "‹" not in match[0] and not _RHYMES_WITH.match(clause.text, match.end("r")):
            before = re.search(r"\b([abcd]{4,8})\s+$", clause.text[: match.start("r")])
            scheme = (
                match["scheme"]
                or (before[1] if before else "")
                or (re.match(r"[abcd]{4,6}(?= )", match["r"]) or [""])[0]
            )
            yield cls(scheme, not match["no"])

    def verify(self, response: Response) -> Verdict:
        return undecided("Whether lines rhyme is for a judge.")

    def say(self) -> str:
        scheme = f" in the scheme {self.scheme}" if self.scheme else ""
        return (
            f"The lines must rhyme{scheme}."
            if self.wanted
            else f"The lines must not rhyme{scheme}."
        )

    def clashes(self, other: Constraint) -> Clash | None:
        if not isinstance(other, Rhyme) or not self.wanted:
            return None
        if not other.wanted and not other.scheme:
            return Clash("style", "Rhyme is asked for and ruled out.")
        if self.scheme and other.scheme and other.wanted and self.scheme != other.scheme:
            return Clash("style", f"The rhyme schemes {self.scheme} and {other.scheme} differ.")
        return None
