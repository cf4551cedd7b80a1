"""How good the result is: tickers that were found, against the tickers that were held back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from runcast.demo.result import Enriched


class Accuracy(msgspec.Struct, frozen=True):
    """How the found registrants compare with the held-back tickers; counts of companies."""

    right: int = 0
    wrong: int = 0
    """Another company than the held-back ticker's."""
    unconfirmed: int = 0
    """The held-back ticker is no longer listed, so that nobody can say."""
    missed: int = 0
    """No answer, although the held-back ticker is listed."""
    silent: int = 0
    """No answer, and none to be had: the company is not listed (any more)."""

    @property
    def answered(self) -> int:
        return self.right + self.wrong + self.unconfirmed

    @property
    def share(self) -> float | None:
        """Right answers of all answers, from 0 to 1; what cannot be confirmed counts as wrong."""
        return self.right / self.answered if self.answered else None


def score(found: Iterable[Enriched], truth: Mapping[int, str], listed: Mapping[str, int]) -> Accuracy:
    """Compare by registrant, because a company has several tickers. `listed` is the CIK by ticker.

    >>> from runcast.demo.result import Enriched
    >>> walmart = Enriched(1, "Walmart", None, None, "WMT", 104169, "NYSE", "name", None, None, None)
    >>> score([walmart], {1: "WMT"}, {"WMT": 104169}).share
    1.0
    """
    counts = dict.fromkeys(Accuracy.__struct_fields__, 0)
    for one in found:
        if one.row in truth:
            counts[_verdict(one.cik, listed.get(squeezed(truth[one.row])))] += 1
    return Accuracy(**counts)


def _verdict(found: int | None, true: int | None) -> str:
    if found is None:
        return "silent" if true is None else "missed"
    if true is None:
        return "unconfirmed"
    return "right" if found == true else "wrong"


def listed_tickers(table: Iterable[Mapping[str, str]]) -> dict[str, int]:
    """The CIK by ticker, as everybody writes tickers: the SEC's BRK-A is BRKA elsewhere."""
    rows = [(row["ticker"], int(row["cik"])) for row in table]
    # A ticker as it is written beats one that only looks like it: T-PC is AT&T's, TPC is Tutor Perini's.
    return {squeezed(ticker): cik for ticker, cik in rows} | dict(rows)


def squeezed(ticker: str) -> str:
    """A ticker without the marks that some write before its share class."""
    return ticker.replace("-", "").replace(".", "")
