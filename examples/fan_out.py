"""Fan-out and fan-in: one child run per item, thousands in one transaction; some may fail, the rest counts.

runcast dev examples/fan_out.py
runcast trigger price_list '{"products": ["nut:12", "bolt:9", "gear:?"]}' --follow
"""

from __future__ import annotations

from dataclasses import dataclass

from runcast import AbortRun, Queue, current_run, metadata, task

suppliers = Queue("suppliers", concurrency=20, rate="100/60s")


@dataclass
class Prices:
    total_cents: int
    failed: list[str]


@task(queue=suppliers)
async def price(product: str) -> int:
    name, cents = product.split(":")
    if not cents.isdigit():
        raise AbortRun(f"no supplier has a price for {name}")  # another try would not help
    metadata.parent.increment("priced")
    return int(cents)


@task
async def price_list(products: list[str]) -> Prices:
    results = await price.batch_trigger_and_wait(products)
    found = [result.output for result in results if result.ok]
    failed = [product for product, result in zip(products, results, strict=True) if not result.ok]
    current_run().count(ok=len(found), failed=len(failed))  # the run's outcome: completed, partial or failed
    return Prices(sum(found), failed)
