"""What a run used and cost, for people and for programs."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from runcast.domain.usage import RunUsage, Usage

if TYPE_CHECKING:
    from rich.console import Console


def print_usage(out: Console, usage: RunUsage) -> None:
    """One line per thing that was used, in the whole tree; nothing for a run that counted nothing."""
    if not usage.total.items:
        return
    from rich.table import Table

    table = Table.grid(padding=(0, 2, 0, 0))
    for _ in range(3):
        table.add_column()
    for item in usage.total.items:
        table.add_row(item.name, f"{plain(item.quantity)} {item.unit}", dollars(item.cost) if item.cost_nanos else "")
    runs = f" in {usage.total.runs:,} runs, {dollars(usage.own.cost)} in this one" if usage.total.runs > 1 else ""
    out.print()
    out.print(f"used {dollars(usage.total.cost)}{runs}", soft_wrap=True)
    out.print(table)


def usage_record(usage: RunUsage) -> dict[str, Any]:
    """`own` and `total` with amounts as decimal text, so that nothing is rounded."""
    return {"own": _record(usage.own), "total": _record(usage.total)}


def _record(usage: Usage) -> dict[str, Any]:
    items = [
        {"name": item.name, "unit": item.unit, "quantity": plain(item.quantity), "cost_usd": plain(item.cost)}
        for item in usage.items
    ]
    return {"runs": usage.runs, "executing_ms": usage.executing_ms, "cost_usd": plain(usage.cost), "items": items}


def plain(amount: Decimal) -> str:
    """Digits without an exponent, and without zeros that say nothing."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def dollars(amount: Decimal) -> str:
    """`$0.0183`: as many digits as there are, two at least."""
    whole, _, cents = plain(amount).partition(".")
    return f"${int(whole):,}.{cents:0<2}"
