"""Company names as comparable words: what is left when legal forms, accents and punctuation are gone."""

from __future__ import annotations

import html
import re
import unicodedata

LEGAL_FORMS = frozenset(
    {"adr", "ag", "co", "com", "company", "corp", "corporation", "de", "inc", "incorporated"}
    | {"limited", "llc", "lp", "ltd", "nv", "plc", "sa", "se"}
)
"""Also `com` and `de`, because registrants call themselves AMAZON COM INC and US BANCORP DE."""
VAGUE_ENDINGS = LEGAL_FORMS | {"companies", "cos", "group", "holding", "holdings", "trust"}
ABBREVIATIONS = {"intl": "international", "mfg": "manufacturing", "natl": "national", "bancorp": "bancorporation"}
LINKING_WORDS = frozenset({"and", "of", "the"})

# The SEC writes the state of incorporation behind a name: "ENTERGY CORP /DE/", "ACUITY INC. (DE)".
_STATE_MARK = re.compile(r"(\s+[/\\(]\s*[A-Za-z]+\s*[/\\)]?|[/\\][A-Z]{2,3}[/\\]?)\s*$")
_INITIALS = re.compile(r"(?:\b[a-z]\b ?){2,}")


def plain(text: str) -> str:
    """Text without HTML entities, accents and typographic quotes.

    >>> plain("BJ&#8217;s Café")
    "BJ's Cafe"
    """
    unescaped = html.unescape(text).replace("\u2019", "'")
    return unicodedata.normalize("NFKD", unescaped).encode("ascii", "ignore").decode().strip()


def name_words(name: str, *, endings: frozenset[str] = LEGAL_FORMS) -> tuple[str, ...]:
    """The words of a company's name that tell it from others; `endings` are dropped from its end.

    >>> name_words("J.B. Hunt Transport Services, Inc.")
    ('jb', 'hunt', 'transport', 'services')
    >>> name_words("AT&T INC. /DE/")
    ('at', 't')
    """
    text = _STATE_MARK.sub("", plain(name)).lower().replace("'", "")
    spaced = " ".join(re.findall(r"[a-z0-9]+", text))
    joined = _INITIALS.sub(lambda match: match[0].replace(" ", "") + " ", spaced)
    words = [ABBREVIATIONS.get(word, word) for word in joined.split() if word not in LINKING_WORDS]
    while len(words) > 1 and words[-1] in endings:
        words.pop()
    return tuple(words)
