"""Who a company is among the registrants of the SEC: an answer only when the evidence is strong, never a guess."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from runcast.demo.names import LEGAL_FORMS, VAGUE_ENDINGS, name_words

SIMILARITY_MIN = 85.0
"""Below it two names are different companies. Measured on the 1,000 companies that the demo's list is a sample of, as
they are and with a typing error in each: from 85 up all of 401 similar names were right, at 80 the first wrong one
appears (Endeavor Group Holdings: Endeavor Bancorp)."""

WORD_SIMILARITY_MIN = 85.0
CANDIDATES_MAX = 25
LABEL_LENGTH_MIN = 3
"""Shorter domain labels, such as the `ge` of ge.com, name too many companies."""


@dataclass(frozen=True, slots=True)
class Registrant:
    """A company that files with the SEC, with its main ticker ("" if none) and exchange."""

    cik: int
    ticker: str
    exchange: str
    name: str


@dataclass(frozen=True, slots=True)
class Match:
    """The registrant, the evidence (`name`, `website` or `similar name`), and the similarity from 0 to 100."""

    registrant: Registrant
    evidence: str
    score: float


class Registrants:
    """A look-up by company name and website. Build once, ask often; asking changes nothing.

    A registrant with several tickers is listed once, with the first of them (its main one).

    >>> Registrants([Registrant(104169, "WMT", "NYSE", "Walmart Inc.")]).find("Walmart", "walmart.com").evidence
    'name'
    """

    def __init__(self, listed: Iterable[Registrant]) -> None:
        registrants: dict[int, Registrant] = {}
        for registrant in listed:
            registrants.setdefault(registrant.cik, registrant)
        self._strict = _index(registrants.values(), LEGAL_FORMS)
        self._loose = _index(registrants.values(), VAGUE_ENDINGS)
        self._words = {r: name_words(r.name, endings=VAGUE_ENDINGS) for r in registrants.values()}
        self._texts = {registrant: " ".join(words) for registrant, words in self._words.items()}
        self._frequency = Counter(word for words in self._words.values() for word in set(words))

    def find(self, name: str, domain: str = "") -> Match | None:
        """The registrant of this name, else of this registered domain, else of a very similar name, else None."""
        for index, endings in ((self._strict, LEGAL_FORMS), (self._loose, VAGUE_ENDINGS)):
            words = name_words(name, endings=endings)
            if found := index.get(_sorted(words)) or index.get(_squeezed(words)):
                return Match(found[0], "name", 100.0) if len(found) == 1 else None
        return self._find_by_label(domain) or self._find_similar(name)

    def _find_by_label(self, domain: str) -> Match | None:
        label = domain.partition(".")[0].replace("-", "")
        found = self._strict.get(label, []) if len(label) >= LABEL_LENGTH_MIN else []
        return Match(found[0], "website", 100.0) if len(found) == 1 else None

    def _find_similar(self, name: str) -> Match | None:
        words = name_words(name, endings=VAGUE_ENDINGS)
        near = process.extract(" ".join(words), self._texts, scorer=fuzz.token_set_ratio, limit=CANDIDATES_MAX)
        scored = [(self._similarity(words, self._words[registrant]), registrant) for _, _, registrant in near]
        clear = [(score, registrant) for score, registrant in scored if score >= SIMILARITY_MIN]
        return Match(clear[0][1], "similar name", round(clear[0][0], 1)) if len(clear) == 1 else None

    def _similarity(self, one: tuple[str, ...], other: tuple[str, ...]) -> float:
        """Agreement of the words, each weighed by its rarity: "Services" says little, "Expeditors" says all.

        One word must agree to the letter, because names that differ by a letter are usually different companies
        (Veritiv and Vertiv).
        """
        if not set(one) & set(other):
            return 0.0
        total = agreed = 0.0
        for mine, theirs in ((one, other), (other, one)):
            for word in mine:
                best = max(fuzz.ratio(word, their) for their in theirs)
                weight = self._rarity(word)
                total += weight
                agreed += weight * best if best >= WORD_SIMILARITY_MIN else 0.0
        return agreed / total

    def _rarity(self, word: str) -> float:
        return math.log((len(self._words) + 2) / (self._frequency[word] + 1))


def _index(registrants: Iterable[Registrant], endings: frozenset[str]) -> dict[str, list[Registrant]]:
    index: dict[str, list[Registrant]] = defaultdict(list)
    for registrant in registrants:
        words = name_words(registrant.name, endings=endings)
        for key in {_sorted(words), _squeezed(words)}:
            index[key].append(registrant)
    return dict(index)


def _sorted(words: tuple[str, ...]) -> str:
    """The key that survives another order: SCHWAB CHARLES CORP is Charles Schwab."""
    return " ".join(sorted(words))


def _squeezed(words: tuple[str, ...]) -> str:
    """The key that survives other spacing: O REILLY AUTOMOTIVE is O'Reilly Automotive."""
    return "".join(words)
