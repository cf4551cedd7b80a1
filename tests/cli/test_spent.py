"""What `runs show` says of usage."""

from __future__ import annotations

from decimal import Decimal
from io import StringIO

import pytest
from rich.console import Console

from runcast.cli.spent import dollars, plain, print_usage, usage_record
from runcast.domain.usage import RunUsage, Usage, UsageItem

TREE = RunUsage(
    own=Usage(1, 1_500, (UsageItem("search", "queries", 2_000_000, 5_000_000),)),
    total=Usage(
        3,
        4_000,
        (UsageItem("gpt", "input tokens", 1_200_500_000), UsageItem("search", "queries", 6_000_000, 15_000_001)),
    ),
)


def _shown(usage: RunUsage) -> str:
    out = StringIO()
    print_usage(Console(file=out, width=100, highlight=False), usage)
    return out.getvalue()


def test_people_see_the_whole_tree_and_what_the_run_itself_spent() -> None:
    assert _shown(TREE) == (
        "\nused $0.015000001 in 3 runs, $0.005 in this one\n"
        "gpt     1200.5 input tokens              \n"
        "search  6 queries            $0.015000001\n"
    )


def test_a_run_that_counted_nothing_says_nothing() -> None:
    assert _shown(RunUsage(Usage(), Usage(5, 100))) == ""


def test_programs_read_exact_amounts() -> None:
    record = usage_record(TREE)
    assert record["own"] == {
        "runs": 1,
        "executing_ms": 1_500,
        "cost_usd": "0.005",
        "items": [{"name": "search", "unit": "queries", "quantity": "2", "cost_usd": "0.005"}],
    }
    assert record["total"]["cost_usd"] == "0.015000001"


@pytest.mark.parametrize(
    ("amount", "shown"), [("0", "$0.00"), ("12.5", "$12.50"), ("1234", "$1,234.00"), ("0.00000015", "$0.00000015")]
)
def test_dollars_have_two_digits_at_least(amount: str, shown: str) -> None:
    assert dollars(Decimal(amount)) == shown


def test_round_numbers_keep_their_zeros() -> None:
    assert [plain(Decimal(text)) for text in ("100", "1E+3", "0.10")] == ["100", "1000", "0.1"]
