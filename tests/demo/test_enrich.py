"""The demo's pure functions, on rows as real lists have them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runcast.demo.companies import read_companies, read_table, shipped
from runcast.demo.enrich import PersonName, clean_name, registered_domain, split_name
from runcast.demo.time_zones import TimeZones


@pytest.mark.parametrize(
    ("website", "domain"),
    [
        ("https://www.stock.walmart.com", "walmart.com"),
        ("www.amazon.com", "amazon.com"),
        ("https://https://ir.doordash.com", "doordash.com"),
        ("https://https:/ir.doordash.com", "doordash.com"),
        ("HTTPS://Shop.Example.CO.UK:8443/a?b=c#d", "example.co.uk"),
        ("user:secret@intranet.example.org", "example.org"),
        ("bücher.de", "xn--bcher-kva.de"),
        ("www.o-i.com.", "o-i.com"),
    ],
)
def test_the_registered_domain_is_found_in_any_spelling(website: str, domain: str) -> None:
    assert registered_domain(website) == domain


@pytest.mark.parametrize(
    "website",
    ["", " ", "n/a", "none", "co.uk", "localhost", "10.0.0.1", "report.docx", "[::1]", "http://[", "a b.com"],
)
def test_what_is_no_website_has_no_domain(website: str) -> None:
    assert registered_domain(website) is None


@pytest.mark.parametrize(
    ("company", "name"),
    [
        ("Walmart Inc.", "Walmart"),
        ("BJ&#8217;s Wholesale Club", "BJ's Wholesale Club"),
        ("L3Harris Technologies (L3)", "L3Harris Technologies (L3)"),
        ("Société Générale S.A.", "Societe Generale"),
        ("3M", "3M"),
        ("#REF!", None),
        ("=A1", None),
        ("12345", None),
        ("", None),
        ("Inc.", None),
    ],
)
def test_a_name_loses_its_legal_form_and_garbage_is_no_name(company: str, name: str | None) -> None:
    assert clean_name(company) == name


@pytest.mark.parametrize(
    ("person", "name"),
    [
        ("Andrew R. Jassy", PersonName("Andrew", "Jassy")),
        ("C. Douglas McMillon", PersonName("Douglas", "McMillon")),
        ("Dirk Van de Put", PersonName("Dirk", "Van de Put")),
        ("James D. Farley Jr.", PersonName("James", "Farley")),
        ("Thomas E. Long/Marshall S. McCrea III", PersonName("Thomas", "Long")),
        ("Carol B. Tomé", PersonName("Carol", "Tomé")),
        ("Madonna", None),
        ("--", None),
        ("", None),
    ],
)
def test_a_person_has_a_first_and_a_last_name(person: str, name: PersonName | None) -> None:
    assert split_name(person) == name


@given(st.text(max_size=60))
def test_no_text_breaks_a_pure_function(text: str) -> None:
    registered_domain(text)
    clean_name(text)
    split_name(text)


@pytest.fixture(scope="module")
def zones() -> TimeZones:
    return TimeZones(read_table("cities.csv.gz"))


@pytest.mark.parametrize(
    ("city", "state", "zone"),
    [
        ("Bentonville", "AR", "America/Chicago"),
        ("New York", "NY", "America/New_York"),
        ("St. Paul", "mn", "America/Chicago"),
        ("El Paso", "TX", "America/Denver"),
        ("Phoenix", "AZ", "America/Phoenix"),
        ("A Village Nobody Knows", "CA", "America/Los_Angeles"),
        ("A Village Nobody Knows", "TX", None),
        ("Toronto", "ON", None),
        ("12345", "??", None),
    ],
)
def test_a_time_zone_is_known_or_certain_for_the_state_or_unknown(
    zones: TimeZones, city: str, state: str, zone: str | None
) -> None:
    assert zones.find(city, state) == zone


def test_the_shipped_list_has_the_promised_size_and_only_plain_facts() -> None:
    shipped_list = read_companies(shipped("companies.csv"))
    assert len(shipped_list.companies) == 100
    assert shipped("companies.csv").read_text().splitlines()[0] == "company,website,city,state,chief_executive,ticker"
    assert sum(not ticker for ticker in shipped_list.tickers.values()) == 4
