"""Who a company is with the SEC: right, or no answer, but never a guess."""

from __future__ import annotations

import random

import pytest

from runcast.demo.companies import CompanyList, read_companies, read_table, shipped
from runcast.demo.enrich import clean_name, registered_domain
from runcast.demo.registrants import Registrant, Registrants
from runcast.demo.result import Enriched
from runcast.demo.score import Accuracy, listed_tickers, score

TYPOS = 400


@pytest.fixture(scope="module")
def listed() -> list[Registrant]:
    rows = read_table("sec_registrants.csv.gz")
    return [Registrant(int(row["cik"]), row["ticker"], row["exchange"], row["name"]) for row in rows]


@pytest.fixture(scope="module")
def registrants(listed: list[Registrant]) -> Registrants:
    return Registrants(listed)


@pytest.fixture(scope="module")
def companies() -> CompanyList:
    return read_companies(shipped("companies.csv"))


@pytest.mark.parametrize(
    ("name", "domain", "ticker", "evidence"),
    [
        ("Walmart", "walmart.com", "WMT", "name"),
        ("Amazon", "amazon.com", "AMZN", "name"),
        ("J.B. Hunt Transport Services", "jbhunt.com", "JBHT", "name"),
        ("Charles Schwab", "schwab.com", "SCHW", "name"),
        ("O'Reilly Automotive", "", "ORLY", "name"),
        ("Target", "target.com", "TGT", "name"),
        ("U.S. Bancorp", "usbank.com", "USB", "name"),
        ("Travel + Leisure", "", "TNL", "name"),
        ("Raytheon Technologies", "rtx.com", "RTX", "website"),
        ("XPO Logistics", "xpo.com", "XPO", "website"),
        ("Robert Half International", "", "RHI", "similar name"),
        ("Expeditors Internatoinal of Washington", "", "EXPD", "similar name"),
    ],
)
def test_a_registrant_is_found_by_name_website_or_a_very_similar_name(
    registrants: Registrants, name: str, domain: str, ticker: str, evidence: str
) -> None:
    match = registrants.find(name, domain)
    assert match is not None
    assert (match.registrant.ticker, match.evidence) == (ticker, evidence)


@pytest.mark.parametrize(
    ("name", "domain"),
    [
        ("SVB Financial Group", "svb.com"),  # SB Financial Group is another bank
        ("Veritiv", "veritivcorp.com"),  # Vertiv is another company
        ("Frontier Communications", "frontier.com"),  # Frontier Group is an airline
        ("Endeavor Group Holdings", "endeavorco.com"),  # Endeavor Bancorp is a bank
        ("Western & Southern Financial Group", "westernsouthern.com"),
        ("State Farm Insurance", "statefarm.com"),
        ("Toro", "thetorocompany.com"),  # Toro Co. and Toro Corp.: nobody can tell
        ("", ""),
        ("...", "example.com"),
    ],
)
def test_a_company_that_only_resembles_a_registrant_is_no_match(
    registrants: Registrants, name: str, domain: str
) -> None:
    assert registrants.find(name, domain) is None


def test_a_typing_error_is_forgiven_or_leaves_no_match_but_never_names_another_company(
    registrants: Registrants, listed: list[Registrant]
) -> None:
    chance = random.Random(20_261_121)
    found = 0
    for registrant in chance.sample([one for one in listed if len(one.name.split()) >= 3], TYPOS):
        right = registrants.find(registrant.name)
        match = registrants.find(with_typo(registrant.name, chance))
        if right is not None and match is not None:
            assert match.registrant == right.registrant
            found += 1
    assert found >= TYPOS // 3


def with_typo(name: str, chance: random.Random) -> str:
    """The name with two neighbours of its longest word exchanged."""
    words = name.split()
    longest = max(range(len(words)), key=lambda index: len(words[index]))
    letters = list(words[longest])
    place = chance.randrange(len(letters) - 1)
    letters[place : place + 2] = reversed(letters[place : place + 2])
    words[longest] = "".join(letters)
    return " ".join(words)


def test_the_shipped_list_is_matched_at_least_as_well_as_measured(
    registrants: Registrants, companies: CompanyList
) -> None:
    matched = [
        (company.row, registrants.find(clean_name(company.company) or "", registered_domain(company.website) or ""))
        for company in companies.companies
    ]
    found = [
        Enriched(row, "", None, None, "", match.registrant.cik if match else None, "", "", None, None, None)
        for row, match in matched
    ]
    accuracy = score(found, companies.tickers, listed_tickers(read_table("sec_registrants.csv.gz")))
    assert accuracy == Accuracy(right=82, wrong=0, unconfirmed=1, missed=2, silent=15)


def test_a_score_tells_wrong_from_missed_from_unknowable() -> None:
    listed = {"AAA": 1, "BBB": 2, "BRKA": 3}
    truth = {1: "AAA", 2: "AAA", 3: "BRK.A", 4: "GONE", 5: "GONE", 6: "", 7: "BBB"}
    ciks = {1: 1, 2: 2, 3: 3, 4: 1, 5: None, 6: None, 7: None, 8: 1}
    found = [Enriched(row, "", None, None, None, cik, None, None, None, None, None) for row, cik in ciks.items()]
    assert score(found, truth, listed) == Accuracy(right=2, wrong=1, unconfirmed=1, missed=1, silent=2)
