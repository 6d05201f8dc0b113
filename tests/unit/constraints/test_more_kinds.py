"""Markup, roles, sentence types, letters and varieties: read, verified, left alone."""

from __future__ import annotations

import pytest

from annotator.constraints import Constraint, find_contradictions, parse, verify
from annotator.constraints.base import Scope, Step
from annotator.constraints.counts import Count
from annotator.constraints.edges import Edge
from annotator.constraints.formats import Format
from annotator.constraints.letters import Acrostic, Alphabet, EachWord, Palindrome
from annotator.constraints.manner import (
    OnlySpeech,
    Role,
    SentenceType,
    TermCase,
    Variety,
)
from annotator.constraints.markup import Emphasis, Postscript, Separator, Title, Wrapped
from annotator.constraints.mentions import Mention
from annotator.constraints.shares import Share, Some
from annotator.constraints.surface import Scientific
from annotator.constraints.wording import Language

_NO_E = Mention(("e",), 0, 0, what="letter")
_WORD, _LINE = (Scope((Step(unit),)) for unit in ("word", "line"))
_QUESTIONS, _EACH = SentenceType("interrogative"), Scope((Step("sentence"),))
READ: list[tuple[Constraint, list[str]]] = [
    (
        Title(),
        [
            "Give it a title.",
            "Include a title.",
            "Add a title",
            "Please give it a title.",
            "The letter should have a title at the top.",
            "Give the story a short, catchy title.",
            "Ensure the essay has a title.",
        ],
    ),
    (
        Title(wanted=False),
        [
            "Do not include a title.",
            "No title.",
            "without a title",
            "Do not give the letter a title.",
            "The article should not have a title.",
            "The response must remain untitled.",
        ],
    ),
    (
        Title(True),
        [
            "Include a title wrapped in double angular brackets, such as <<title>>.",
            "wrap the title in double angular brackets",
            "Your answer must have a title in double angular brackets.",
            "Enclose the title in double angular brackets.",
        ],
    ),
    (
        Wrapped("double"),
        [
            "Wrap your entire response in double quotation marks.",
            "Wrap your entire response with double quotation marks.",
            "Enclose the whole answer in double quotes.",
            "Your response must be wrapped in double quotation marks.",
        ],
    ),
    (
        Postscript("P.S."),
        [
            "End with a postscript starting with P.S.",
            "Add a postscript starting with P.S.",
            "Include a postscript that starts with P.S.",
            "Finish your response with a postscript beginning with P.S.",
        ],
    ),
    (
        Postscript("P.S."),
        [
            "Include a P.S. at the end of the email.",
            "End the letter with a P.S.",
            'Add a postscript at the end of the letter, starting with "P.S."',
        ],
    ),
    (Postscript(wanted=False), ["The letter must not include a P.S.", "Add no postscript."]),
    (
        Wrapped("double", wanted=False),
        ["Do not wrap the answer in double quotes."],
    ),
    (Scientific(), ["Use scientific notation.", "Write all numbers in scientific notation."]),
    (Scientific(wanted=False), ["Do not use scientific notation."]),
    (Postscript("P.P.S."), ["add a postscript starting with P.P.S"]),
    (Postscript(), ["Include a postscript.", "End with a postscript.", "Append a postscript."]),
    (
        Separator("***"),
        [
            "Separate the parts with ***.",
            "Use *** between the sections.",
            'Separate the paragraphs with "***".',
            "Separate the sections by three asterisks",
            "Paragraphs are separated with the markdown divider: ***",
            "Use *** as a separator between the sections.",
        ],
    ),
    (Separator("---"), ["use --- between the sections", "Separate the parts with three dashes."]),
    (Separator("******"), ["Separate the responses with six asterisks."]),
    (
        Emphasis("bold", "key terms"),
        [
            "Put the key terms in bold.",
            "Write all key terms in bold.",
            "make the key terms bold",
            "Bold the key terms.",
            "All key terms must be in bold.",
            "Use bold for key terms.",
        ],
    ),
    (Emphasis("italics", "title"), ["Italicize the title.", "italicise the title"]),
    (
        Count("highlights", 3, None),
        [
            "Highlight at least three phrases with asterisks.",
            "highlight at least 3 words",
            "Please highlight at least three key phrases.",
            "Use at least 3 highlighted sections.",
        ],
    ),
    (Count("bold", 2, None), ["Put at least two phrases in bold.", "Bold at least two words."]),
    (Count("bold", 3, None), ["Highlight at least 3 phrases in bold.", "at least 3 terms in bold"]),
    (Count("italics", 2, 2), ["Set exactly two key terms in italics."]),
    (Count("sections", 3, 3), ["Write three sections in bold colors."]),
    (Format("plain text"), ["Use no markup at all.", "in plain text", "Do not use any markup."]),
    (
        Language("spanish"),
        [
            "in Spanish",
            "In Spanish, please.",
            "Answer in Spanish.",
            "Your answer must be in Spanish",
        ],
    ),
    (_NO_E, ["Use no letter e.", "without the letter e", "Write without using the letter e."]),
    (
        EachWord("b"),
        [
            "Every word starts with b.",
            "Every word must begin with b.",
            "All words start with b",
            "Use only words that begin with b.",
        ],
    ),
    (
        Palindrome(_WORD),
        [
            "Every word must be a palindrome.",
            "All words must be palindromes.",
            "Each word is a palindrome.",
            "Use only palindromes.",
        ],
    ),
    (
        SentenceType("exclamatory"),
        [
            "Use only exclamatory sentences.",
            "only exclamatory sentences",
            "Every sentence must be exclamatory.",
            "Write exclamatory sentences only.",
        ],
    ),
    (Palindrome(_LINE), ["Each line must be a palindrome.", "All lines should be palindromes."]),
    (
        Palindrome(),
        ["Write a palindrome.", "The answer must read the same forwards and backwards."],
    ),
    (
        Acrostic("HELLO"),
        [
            "The first letters of the lines spell HELLO.",
            "The initial letter of each line should spell out HELLO.",
            "Write an acrostic poem of the word HELLO.",
            "An acrostic poem, spelling the word HELLO.",
            "Spell HELLO with the first letters of the lines.",
        ],
    ),
    (Acrostic("cat", "sentence"), ['The first letters of all sentences must form "cat".']),
    (Alphabet("", "line"), ["Each line starts with the next letter of the alphabet."]),
    (
        Alphabet("C"),
        ["Each sentence must begin with the next letter of the alphabet, starting with C."],
    ),
    (
        Share(_QUESTIONS, "1/2", "1/2"),
        [
            "Half of the sentences must be questions.",
            "Half the sentences should be questions.",
            "Phrase 50% of the sentences as questions.",
            "One half of your sentences are questions.",
        ],
    ),
    (
        Share(Edge("begin", "vowel", _EACH, "category"), "1/2"),
        [
            "At least half the sentences start with a vowel.",
            "No less than 50 percent of all sentences must begin with a vowel.",
            "A minimum of half of the sentences should start with a vowel.",
        ],
    ),
    (
        Share(Mention(("sea",), scope=Scope((Step("paragraph"),))), "0", "1/3"),
        [
            'No more than a third of the paragraphs may mention "sea".',
            'At most one third of the paragraphs should mention "sea".',
            'Mention "sea" in up to a third of the paragraphs.',
        ],
    ),
    (
        Share(Count("words", 0, 9, _EACH), "1/2", "1", open=True),
        [
            "More than half of the sentences must have fewer than ten words.",
            "The majority of the sentences should have under ten words.",
            "Over 50% of sentences must contain at most nine words.",
        ],
    ),
    (
        Share(_QUESTIONS, "1/4", "1/2"),
        ["Between a quarter and half of the sentences must be questions."],
    ),
    (Some(_QUESTIONS, 2), ["At least two sentences must be questions."]),
    (Some(_QUESTIONS, 2, 2), ["Exactly two of the sentences should be questions."]),
    (
        Some(Count("words", 26, None, _EACH), 1),
        ["At least one sentence must contain more than 25 words."],
    ),
    (
        Share(_QUESTIONS, "0", "1/2"),
        [
            "Don't let more than half of the sentences be questions.",
            "Not more than half of the sentences may be questions.",
        ],
    ),
    (Share(_QUESTIONS, "1/2", "1/2", approx=True), ["About half the sentences must be questions."]),
    (SentenceType("interrogative"), ["Use only questions.", "Use only interrogative sentences."]),
    (OnlySpeech("nouns"), ["Use only nouns.", "only use nouns", "Write only with nouns."]),
    (
        Role("a pirate"),
        [
            "as if you were a pirate",
            "Write as though you were a pirate.",
            "Answer in the role of a pirate.",
            "Pretend you are a pirate.",
            "Act as a pirate.",
            "Write from the perspective of a pirate.",
            "Write like a pirate.",
            "Adopt the persona of a pirate.",
        ],
    ),
    (Role("at a wedding"), ["Imagine you are at a wedding.", "as if you were at a wedding"]),
    (
        Variety("british"),
        [
            "Use British English.",
            "in British English",
            "Write in British English",
            "British spelling",
        ],
    ),
    (
        TermCase("NASA"),
        [
            "Write 'NASA' in capitals.",
            'Put the word "NASA" in all caps.',
            'Spell "NASA" in capital letters.',
            'Write "NASA" in upper case.',
        ],
    ),
]


@pytest.mark.parametrize(("wanted", "text"), [(c, t) for c, texts in READ for t in texts])
def test_is_read(wanted: Constraint, text: str) -> None:
    assert wanted in parse(text), parse(text)


def test_emphasised_words_are_not_all_words() -> None:
    assert parse("Bold exactly two words.") == (Count("bold", 2, 2),)
    assert parse("Highlight at least 3 words.") == (Count("highlights", 3, None),)


@pytest.mark.parametrize(
    "text",
    [
        "Write about a man who wants a title.",
        "Include a two-word title.",
        "Mention the title of the book.",
        "Describe a sign in Spanish.",
        "Describe the statue as if it were alive.",
        "Use only nouns from the list.",
        "Say what would happen if you were a pirate.",
        "Explain what the letter e stands for.",
        "Quote the sign in quotation marks.",
        "Compare British English and American English.",
        "Explain why some sentences are exclamatory.",
        "Every word matters.",
        "Explain what a postscript is.",
        "Use --- as a bullet.",
        "Describe the bold man in the middle.",
        "Do not imagine you are a pirate.",
        "Describe a man who tries to write and include a title.",
        "Imagine you are a pirate and write a poem.",
        "not in Spanish",
        "You need not give it a title.",
        "Include a job title.",
        "Write it as a poem.",
        "Answer as a bulleted list.",
        "Explain scientific notation.",
        "Write two sentences on the sea; a third must be a question.",
        "In the first paragraph, half of the sentences must be questions.",
        "The first half of the sentences must be questions.",
        "If half of the sentences are questions, end with an answer.",
        "Half of the page is dark.",
        "Use half a dozen sentences.",
        "Explain how half of the lines rhyme.",
        "Write an acrostic poem about the sea.",
        "The first letters of the lines must not spell HELLO.",
        "Write a poem about a palindrome.",
        "Do not write a palindrome.",
    ],
)
def test_what_looks_alike_is_not_read(text: str) -> None:
    kinds = (
        Title, Wrapped, Postscript, Separator, Emphasis, Role, SentenceType, OnlySpeech, EachWord,
        Variety, TermCase, Language, Scientific, Share, Palindrome, Acrostic,
    )  # fmt: skip
    assert not [c for c in parse(text) if isinstance(c, kinds)]


@pytest.mark.parametrize(
    "text",
    [
        "each sentence starts with the next letter of the word CAT",
        "Each sentence should start with the letters of the word CAT.",
        "Start each line with the next letter of the word 'HELLO'.",
        'End with the last letter of "HOPE".',
        "Every line starts with a letter of the word CAT.",
    ],
)
def test_a_word_whose_letters_are_meant_is_no_beginning_or_end(text: str) -> None:
    assert not parse(text)
    assert parse('Start each line with the word "HELLO".')


@pytest.mark.parametrize(
    ("constraint", "response", "outcome", "evidence"),
    [
        (Title(), "# Ships\n\nThey sail.", "pass", "# Ships"),
        (Title(), "word " * 40, "fail", "word"),
        (Title(), "Ships\n\nThey sail.", "undecided", ""),
        (Title(wanted=False), "# Ships\n\nThey sail.", "fail", "# Ships"),
        (Title(True), "<<Ships>>\nThey sail.", "pass", "<<Ships>>"),
        (Title(True), "Ships\nThey sail.", "fail", ""),
        (Wrapped("double"), '"They sail."', "pass", ""),
        (Wrapped("double"), "'They sail.'", "fail", "'They sail.'"),
        (Wrapped(""), "'They sail.'", "pass", ""),
        (Scientific(), "It is 3.2 × 10^5 km away.", "pass", "3.2"),
        (Scientific(), "It is 320000 km away.", "fail", ""),
        (Scientific(), "In 1969, it was 3.2e5 km away.", "undecided", ""),
        (Scientific(wanted=False), "It is 3.2e5 km away.", "fail", "3.2e5"),
        (Wrapped("double", wanted=False), '"They sail."', "fail", '"They sail."'),
        (Postscript("P.S."), "They sail.\n\nP.S. Bye.", "pass", "P.S"),
        (Postscript("P.S."), "They sail.", "fail", ""),
        (Postscript("P.P.S."), "They sail.\nP.S. Bye.", "fail", ""),
        (Postscript(wanted=False), "They sail.\nP.S. Bye.", "fail", "P.S"),
        (Separator("***"), "One\n***\nTwo", "pass", "***"),
        (Separator("***"), "One\n******\nTwo", "fail", ""),
        (Emphasis("bold", "key terms"), "**One** two", "undecided", ""),
        (EachWord("b"), "Big bold bears.", "pass", ""),
        (EachWord("b"), "Big old bears.", "fail", "old"),
        (Palindrome(_WORD), "Mom did noon.", "pass", ""),
        (Palindrome(_WORD), "Mom sat.", "fail", "sat."),
        (Palindrome(_LINE), "Step on no pets.\nNoon!", "pass", ""),
        (Palindrome(_LINE), "Step on no pets.\nSea.", "fail", "Sea."),
        (Palindrome(), "A man, a plan,\na canal: Panama", "pass", ""),
        (Acrostic("Sea"), "Sand\n**Every** day\n\n- and night", "pass", "Sand"),
        (Acrostic("Sea"), "Sand\nDay\nand night", "fail", "Day"),
        (Acrostic("Sea"), "Sand\nEvery day\nand night\nagain", "fail", "again"),
        (Acrostic("Sea"), "Sand\nEvery day", "fail", ""),
        (Acrostic("Sea"), "# Sea\nSand\nEvery day\nand night", "undecided", ""),
        (Acrostic("Sea", "sentence"), "So it is. Every day. And night.", "pass", ""),
        (Alphabet("", "line"), "Bees\nCows\nDogs", "pass", ""),
        (Alphabet("A", "line"), "Bees\nCows", "fail", "Bees"),
        (Some(_QUESTIONS, 2), "Why? So. How?", "pass", "Why?"),
        (Some(_QUESTIONS, 2, 2), "Why? Who? How?", "fail", "Why?"),
        (Some(_QUESTIONS, 2), "Why? So.", "fail", "Why?"),
        (Share(_QUESTIONS, "1/2", "1/2"), "Why? So. How? Here.", "pass", "Why?"),
        (Share(_QUESTIONS, "1/2", "1/2"), "Why? So. How? Who?", "fail", "Why?"),
        (Share(_QUESTIONS, "1/2", "1/2"), "Why? So. How?", "undecided", ""),
        (Share(_QUESTIONS, "1/2", "1/2"), "Why? How? Who?", "fail", ""),
        (Share(_QUESTIONS, "1/2"), "Why? How? Who?", "pass", ""),
        (Share(_QUESTIONS, "1/2", "1", open=True), "Why? So.", "fail", ""),
        (Share(_QUESTIONS, "0", "1/2", open=True), "So. It is.", "pass", ""),
        (Share(_QUESTIONS, "1/2", "1/2", approx=True), "Why? How? So. Go. Do.", "pass", ""),
        (Share(_QUESTIONS, "1/2", "1/2", approx=True), "So. Go.", "fail", ""),
        (Share(SentenceType("imperative"), "1/2"), "Go. Why?", "undecided", ""),
        (SentenceType("interrogative"), "Why? How?", "pass", ""),
        (SentenceType("interrogative"), "Why? So.", "fail", "So."),
        (SentenceType("exclamatory"), "Ah! No!", "pass", ""),
        (SentenceType("declarative"), "It is. Is it?", "fail", "Is it?"),
        (SentenceType("declarative"), "It is.", "undecided", ""),
        (OnlySpeech("nouns"), "Sun sea.", "undecided", ""),
        (Role("a pirate"), "Arr.", "undecided", ""),
        (Variety("british"), "The color is red.", "fail", "color"),
        (Variety("american"), "The colour is red.", "fail", "colour"),
        (Variety("american"), "A greyhound in Harbour Street.", "undecided", ""),
        (Variety("british"), "A humorous, laborious laboratory.", "undecided", ""),
        (Variety("british"), "The colour is red.", "undecided", ""),
        (TermCase("Nasa"), "NASA flew.", "pass", "NASA"),
        (TermCase("Nasa"), "NASA and nasa flew.", "fail", "nasa"),
        (TermCase("Nasa"), "They flew.", "fail", ""),
    ],
)
def test_is_verified(constraint: Constraint, response: str, outcome: str, evidence: str) -> None:
    verdict = verify(constraint, response)
    assert verdict.outcome == outcome, verdict
    if evidence:
        span = verdict.spans[0]
        assert span.text.startswith(evidence)
        assert response[span.start : span.end] == span.text


@pytest.mark.parametrize(
    "pair",
    [
        ("Include a title.", "Do not include a title."),
        ("Add a postscript.", "Do not add a postscript."),
        ("Put the key terms in bold.", "Do not use bold text."),
        ("Use British English.", "Use American English."),
        ("Every word must start with b.", "Every word must start with c."),
        ("Every word must start with b.", 'Include the word "sun".'),
        ("Every word must be a palindrome.", 'Include the word "sun".'),
        ("Use only questions.", "Use only declarative sentences."),
        ("Use only questions.", "Use no question marks."),
        ("Use only exclamatory sentences.", "Use no exclamation marks."),
        ("Write 'NASA' in capitals.", 'Do not use the word "NASA".'),
        ("in Spanish", "Write the response in German."),
        ("Highlight at least three phrases.", "Use no highlighted phrases."),
        ("Half of the sentences must be questions.", "All sentences must be questions."),
        ("Half of the sentences must be questions.", "Do not ask any questions."),
        ("Half of the sentences must be questions.", "Use only declarative sentences."),
        ("Ten sentences, at least half of which are questions.", "Use at most four questions."),
        ("Use nine sentences; at most a third may be questions.", "Use at least four questions."),
        ('At least half of the paragraphs must mention "sea".', 'Do not use "sea".'),
        ("At least 60% of the lines must begin with A.", "Half of the lines must begin with B."),
        (
            "Over half of the lines must end with a question mark.",
            "At most half of the lines may end with a question mark.",
        ),
        ("At least half of the sentences start with a vowel.", "Each sentence starts with a T."),
        ("The first letters of the lines spell OCEAN.", "Write exactly four lines."),
        ("Write an acrostic poem of the word SUMMER.", "The first line must begin with T."),
        ("The first letters of the lines spell OCEAN.", "Each line must begin with A."),
        (
            "The first letters of the lines spell OCEAN.",
            "The first letters of the lines spell LAKES.",
        ),
        (
            "The first letters of the lines spell OCEAN.",
            "Each line starts with the next letter of the alphabet.",
        ),
        ("Begin with the letter A.", "Begin with the letter B."),
        (
            "At least one sentence must have more than 25 words.",
            "Each sentence has at most 15 words.",
        ),
        ("At least two sentences must be questions.", "Use at most one question."),
        ("Exactly two of the sentences should be questions.", "Write one sentence."),
    ],
)
def test_what_cannot_hold_is_found(pair: tuple[str, str]) -> None:
    assert find_contradictions(list(pair))


@pytest.mark.parametrize(
    "pair",
    [
        ("Imagine you are a pirate.", "Imagine you are at a wedding."),
        ("Include a title.", "in plain text"),
        ("Include a title.", "Use no headers."),
        ("Separate the parts with ***.", "Use no horizontal rules."),
        ("Every word must start with b.", 'Include the word "bear".'),
        ("Every word must start with b.", "Every word must be a palindrome."),
        ("Use only exclamatory sentences.", "Use only questions."),
        ("Use only exclamatory sentences.", "Use only declarative sentences."),
        ("Wrap your entire response in double quotation marks.", "in JSON"),
        ("Add a postscript starting with P.S.", "Add a postscript starting with P.P.S."),
        ("Use British English.", "Include a phrase in French."),
        ("Put the names in bold.", "Do not use bold text."),
        ("Put the title in bold.", "Do not use bold text."),
        ("Italicize the title.", "Use no bold text."),
        ("At least half of the sentences must be questions.", "All sentences must be questions."),
        ("At least half of the sentences must be questions.", "Use exactly five sentences."),
        ("Half of the sentences must be questions.", "Use exactly five sentences."),
        ("At least 40% of the lines must begin with A.", "Half of the lines must begin with B."),
        (
            "At least half of the lines must end with a question mark.",
            "At most half of the lines may end with a question mark.",
        ),
        ("Half of the lines must rhyme.", "The poem must not rhyme."),
        ("Exactly two of the sentences should be questions.", "Write five sentences."),
        (
            "At least one sentence must have more than 25 words.",
            "Half of the sentences have ten words.",
        ),
        ("The first letters of the lines spell OCEAN.", "Write exactly five lines."),
        ("The first letters of the lines spell OCEAN.", "The third line must begin with E."),
        (
            "The first letters of the lines spell DEF.",
            "Each line starts with the next letter of the alphabet.",
        ),
        ("The first letters of the lines spell OCEAN.", "Use three sentences."),
        ("Each line must be a palindrome.", 'Include the word "sea".'),
    ],
)
def test_what_can_hold_is_left_alone(pair: tuple[str, str]) -> None:
    assert not find_contradictions(list(pair))
