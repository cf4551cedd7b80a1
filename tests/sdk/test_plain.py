"""Outside of any run a body is a plain function: durable calls do their work, and nothing is recorded."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from runcast.domain.errors import InvalidInput, NotDurableHere
from runcast.sdk import artifacts, logger, metadata, progress, streams, tags, wait
from runcast.sdk.info import current_run
from runcast.sdk.registry import Registry
from runcast.sdk.select import select
from runcast.sdk.step import Step, step
from runcast.sdk.task import task
from runcast.sdk.values import now, random, uuid4


@step
async def double(n: int) -> int:
    return 2 * n


@step(name="thrice")
def triple(n: int) -> int:
    return 3 * n


async def test_steps_are_simply_called() -> None:
    assert await double(1) == 2
    assert await triple(1) == 3
    assert list(await asyncio.gather(double(2), double(3))) == [4, 6]


def test_steps_block_in_plain_code() -> None:
    assert double(1).result() == 2
    assert triple(1).result() == 3


async def test_blocking_on_a_step_inside_a_loop_is_an_error() -> None:
    with pytest.raises(NotDurableHere, match="await the call"):
        double(1).result()


async def test_a_body_with_steps_waits_and_effects_is_a_plain_call() -> None:
    registry = Registry()

    @task(registry=registry)
    async def body(n: int) -> int:
        metadata.set("n", n)
        metadata.parent.increment("done")
        tags.add("tagged")
        artifacts.add("report.txt", "text")
        progress.progress(50, "half", eta_s=1)
        logger.info("here")
        await wait.for_(0)
        await wait.until(datetime.now(UTC) - timedelta(seconds=1))
        return await double(n)

    assert await body(2) == 4
    assert metadata.current() == {}


async def test_pipe_hands_its_source_through() -> None:
    async def words() -> AsyncIterator[str]:
        yield "a"
        yield "b"

    assert await streams.pipe("words", words()).join() == "ab"
    assert await streams.pipe("numbers", [1, 2]).join() == [1, 2]


def test_values_are_real_ones() -> None:
    assert abs(now() - datetime.now(UTC)) < timedelta(minutes=1)
    assert 0 <= random() < 1
    assert uuid4() != uuid4()


async def test_what_needs_a_run_says_so() -> None:
    with pytest.raises(NotDurableHere):
        current_run()
    with pytest.raises(NotDurableHere):
        wait.create_token(bool)
    with pytest.raises(NotDurableHere):
        await select(double(1))


def test_mistakes_are_errors_when_they_are_made() -> None:
    with pytest.raises(InvalidInput):
        progress.progress(101)
    with pytest.raises(InvalidInput):
        streams.append("", 1)
    with pytest.raises(InvalidInput):
        step(3)  # type: ignore[call-overload]


async def test_a_step_may_be_a_method() -> None:
    class Shop:
        def __init__(self, factor: int) -> None:
            self.factor = factor

        @step
        async def price(self, n: int) -> int:
            return self.factor * n

    assert await Shop(3).price(2) == 6


async def test_attributes_of_what_a_step_calls_do_not_become_its_options() -> None:
    class Shop:
        """Sells."""

        def __init__(self) -> None:
            self.name, self.fn, self.is_async = "Shop & Sons", None, False

        async def __call__(self, n: int) -> int:
            return n

    bought = step(Shop(), name="buy")
    assert isinstance(bought, Step)
    assert (bought.name, bought.__doc__) == ("buy", "Sells.")
    assert await bought(2) == 2
