"""Stretches of a sentence that oblige to nothing: conditions, permissions, exemptions."""

from __future__ import annotations

from annotator.domain.regex import regex

_CONDITION = regex(
    r"^(?:(?:and|but|then|also),?\s+)?(?:only\s+)?"
    r"(?:(?:if|in case|provided|when(?:ever)?|wherever)\b(?![^,]*‹)(?!\s+used\b)"
    r"(?!\s+(?:(?:you|we)\s+)?(?:writ|answer|respond|repl|compos|draft|craft|creat|us(?:e|ing)\b))"
    r"|(?:unless|otherwise|ideally|preferably|optionally)\b"
    r"|(?:where|if|when|as)(?:ver)?\s+(?:possible|appropriate|necessary|relevant|applicable|needed)\b"
    r"|should\s+(?:the|there|you|any|it)\b)"
)
_LATE_CONDITION = regex(
    r"(?<!\bas)(?<!\beven)(?<!\bonly)\s(?:if|unless|in case|where|when)\s+"
    r"(?:(?:the|there|it|you|any|an?|they|this)\s+[^‹.;]*|(?:possible|necessary|needed|appropriate|asked|required)\b)[^‹.;]*\.?\s*$"
)
_CALL = regex(r"\b(?:if|unless|in case)\b|\b(?:where|when)\s+(?:possible|necessary|needed)")
_END = r"[^.;]*?(?=[.;]|,?\s+but\b|$)"
_BOUNDED = r"[^.;]*\b(?:only|at most|up to|no more|maximum|not|never|exceed)\b"
_PERMISSION = regex(
    rf"(?<!\bso )(?<!\bthat )(?<!\bwhere )\b(?:you|it|they|we|your \w+|the [\w-]+)\s+"
    rf"(?:may|might|can|could)\s+(?!{_BOUNDED}){_END}"
    rf"|\b(?:feel free|you(?:'re| are) (?:free|welcome|allowed|permitted)|it is (?:fine|ok|okay|"
    rf"acceptable|optional))\b(?!{_BOUNDED}){_END}"
)
_STATEMENT = regex(
    r"^(?:(?:he|she)|(?:the|this|that) (?:photo|photograph|image|picture|sign|poster|page|book|"
    r"screenshot|chart|graph|map|painting|label|menu|board))\b(?![^.;]*\b(?:must|should|shall|"
    r"needs? to|has to|have to)\b)"
)
"""What is told about the image or a person, not asked."""
_TOO_LITTLE = regex(r"\b(?:is|are|will) (?:not|never) (?:be )?(?:enough|sufficient)\b")
_DENIED = regex(
    r"\b(?:none|neither|nowhere|nothing|only|not (?:all|every)|at (?:the )?most|maximum|up to|"
    r"(?:no more|not more|fewer|less) than)\b[^.;,]*$"
)
"""What bounds a permission: "at most a third of the lines may rhyme"."""
_EXEMPTION = regex(
    r"(?:^|(?<=[.;,]))[^.;,]*\b(?:need not|needn't|(?:do|does)(?: not|n't) (?:need|have) to|"
    rf"(?:do|does) not matter|will not need|makes? no difference|"
    rf"(?:is|are)(?: not|n't) (?:necessary|required|needed|obliged)|no need (?:to|for))\b{_END}"
)
_NOT_ONLY = regex(r"\bnot (?:only|just|merely|simply)\b[^.;]*?(?=\bbut\b)")


def binding(text: str) -> str:
    """``text`` (of a clause) without what holds only on a condition or need not be done at all."""
    if _CONDITION.match(text) or _STATEMENT.match(text) or _TOO_LITTLE.search(text):
        return ""
    late = _LATE_CONDITION.search(text)
    if late and _CALL.search(late[0]):
        return ""
    text = _PERMISSION.sub(lambda m: m[0] if _DENIED.search(m.string[: m.start()]) else ";", text)
    for pattern in (_EXEMPTION, _NOT_ONLY):
        text = pattern.sub(";", text)
    return text
