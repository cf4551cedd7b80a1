"""The list of companies: what a row holds, and how a CSV file becomes rows."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import islice
from pathlib import Path

from runcast import InvalidInput

COLUMNS = ("company", "website", "city", "state", "chief_executive")
TRUTH = "ticker"
"""The column that is held back: no run sees it, it only scores the result."""
ROWS_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Company:
    """One row of the list, as somebody typed it."""

    row: int
    """Counted from 1."""
    company: str
    website: str
    city: str
    state: str
    chief_executive: str


@dataclass(frozen=True, slots=True)
class CompanyList:
    """The rows, and the true ticker by row where the file knows it ("" when the company has none)."""

    companies: list[Company]
    tickers: dict[int, str]


def shipped(name: str) -> Traversable:
    """A data file of this package."""
    return files("runcast.demo") / "data" / name


def read_companies(path: Path | Traversable, *, limit: int = ROWS_MAX) -> CompanyList:
    """The first `limit` rows of a CSV file with the `COLUMNS`, and `ticker` if it is there.

    Raises `InvalidInput` when the file is no such list.
    """
    companies: list[Company] = []
    tickers: dict[int, str] = {}
    for number, row in enumerate(islice(_rows(path), limit), start=1):
        companies.append(Company(number, *(row[column].strip() for column in COLUMNS)))
        if TRUTH in row:
            tickers[number] = row[TRUTH].strip()
    if not companies:
        raise InvalidInput(f"{path.name} has no rows")
    return CompanyList(companies, tickers)


def _rows(path: Path | Traversable) -> Iterator[dict[str, str]]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path.name} cannot be read as UTF-8 text: {error}") from error
    reader = csv.DictReader(io.StringIO(text, newline=""), restval="")
    missing = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
    if missing:
        raise InvalidInput(f"{path.name} has no column {', '.join(missing)}; it needs {', '.join(COLUMNS)}")
    return reader


def read_table(name: str) -> Iterator[dict[str, str]]:
    """The rows of a compressed table that this package ships."""
    text = gzip.decompress(shipped(name).read_bytes()).decode()
    return csv.DictReader(text.splitlines())
