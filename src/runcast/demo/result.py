"""What is known of a company in the end, and how a list of that becomes a CSV file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields


@dataclass(frozen=True, slots=True)
class Enriched:
    """A company with what was found; None where nothing was."""

    row: int
    company: str
    domain: str | None
    name: str | None
    ticker: str | None
    cik: int | None
    exchange: str | None
    evidence: str | None
    """What named the registrant: its `name`, its `website`, or a `similar name`."""
    first_name: str | None
    last_name: str | None
    time_zone: str | None


COLUMNS = tuple(field.name for field in fields(Enriched))
FOUND_COLUMNS = ("domain", "name", "ticker", "cik", "exchange", "first_name", "last_name", "time_zone")
"""The columns that the demo fills, and whose fill rate it shows."""


def fill_rates(found: Sequence[Enriched], *, rows: int) -> dict[str, float]:
    """The share of all rows, failed ones included, that have a value, by column: 0 to 1."""
    return {column: sum(bool(getattr(one, column)) for one in found) / rows for column in FOUND_COLUMNS}


def to_csv(found: Iterable[Enriched], failed: Iterable[tuple[int, str, str]]) -> str:
    """A CSV file of all rows in the order of the list; a failed one (row, company, reason) has its reason."""
    lines: list[dict[str, object]] = [asdict(one) for one in found]
    lines += [{"row": row, "company": company, "error": reason} for row, company, reason in failed]
    text = io.StringIO()
    writer = csv.DictWriter(text, [*COLUMNS, "error"], lineterminator="\n")
    writer.writeheader()
    writer.writerows(sorted(lines, key=lambda line: str(line["row"]).zfill(9)))
    return text.getvalue()
