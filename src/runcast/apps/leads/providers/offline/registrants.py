"""Companies among the registrants of the SEC, from the list that comes with Runcast."""

from __future__ import annotations

from functools import lru_cache

from runcast.apps.leads.contract import Fact
from runcast.demo.companies import read_table
from runcast.demo.registrants import Registrant, Registrants

SOURCE = "SEC registrants"


def registrant_facts(company: str, domain: str) -> tuple[Fact, ...]:
    """The ticker and the legal name of a listed company; nothing where the evidence is not strong.

    >>> [fact.value for fact in registrant_facts("Walmart", "walmart.com")]
    ['Nasdaq: WMT', 'Walmart Inc.']
    """
    if not company:
        return ()
    match = _registrants().find(company, domain)
    # A similar name is another company too often where nothing else is known of it.
    if match is None or match.evidence == "similar name":
        return ()
    one = match.registrant
    ticker = f"{one.exchange}: {one.ticker}" if one.exchange and one.ticker else one.ticker
    facts = {"company_ticker": ticker, "company_legal_name": one.name}
    return tuple(Fact(name, value, SOURCE) for name, value in facts.items() if value)


@lru_cache(maxsize=1)
def _registrants() -> Registrants:
    rows = read_table("sec_registrants.csv.gz")
    return Registrants(Registrant(int(row["cik"]), row["ticker"], row["exchange"], row["name"]) for row in rows)
