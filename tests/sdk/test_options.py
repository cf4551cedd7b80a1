"""Durations, instants and the options of a trigger."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from runcast import Queue
from runcast.domain.errors import InvalidInput, InvalidPayload, ValueTooLarge
from runcast.sdk.durations import duration_ms, instant_ms
from runcast.sdk.options import TriggerOptions, parse_options


@pytest.mark.parametrize(
    ("written", "milliseconds"),
    [
        ("2m", 120_000),
        ("500ms", 500),
        ("1h30m", 5_400_000),
        ("1h 30m", 5_400_000),
        ("1.5s", 1_500),
        ("7d", 604_800_000),
        ("1w", 604_800_000),
        (90, 90_000),
        (0.25, 250),
        (0, 0),
        (timedelta(minutes=2), 120_000),
    ],
)
def test_a_duration_is_text_a_timedelta_or_seconds(written: Any, milliseconds: int) -> None:
    assert duration_ms(written) == milliseconds


@pytest.mark.parametrize("written", ["", "2", "2 minutes", "m", "-1s", -1, True, None, float("nan"), 1e20, "1²s", [1]])
def test_what_is_no_duration_is_refused_with_the_options_name(written: Any) -> None:
    with pytest.raises(InvalidInput, match="delay"):
        duration_ms(written, name="delay")


def test_an_instant_needs_a_time_zone() -> None:
    assert instant_ms(datetime(1970, 1, 2, tzinfo=UTC)) == 86_400_000
    with pytest.raises(InvalidInput, match="time zone"):
        instant_ms(datetime(1970, 1, 2))  # noqa: DTZ001


def test_options_are_parsed_once() -> None:
    options = parse_options(
        delay="1h",
        ttl=60,
        idempotency_key="order-1",
        idempotency_scope="global",
        idempotency_ttl="1d",
        priority=10,
        concurrency_key="acme",
        queue=Queue("web"),
        tags=["vip", "vip", "eu"],
        metadata={"step": 1},
        max_attempts=5,
        max_duration="2m",
        key="first",
    )
    assert options == TriggerOptions(
        delay_ms=3_600_000,
        ttl_ms=60_000,
        idempotency_key="order-1",
        idempotency_scope="global",
        idempotency_ttl_ms=86_400_000,
        priority_ms=10_000,
        concurrency_key="acme",
        queue="web",
        tags=("vip", "eu"),
        metadata='{"step":1}',
        max_attempts=5,
        max_duration_ms=120_000,
        key="first",
    )


def test_a_delay_may_be_an_instant() -> None:
    assert parse_options(delay=datetime(1970, 1, 1, 0, 1, tzinfo=UTC)).start_at == 60_000


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"queue": 3}, "queue"),
        ({"tags": [1]}, "tag"),
        ({"tags": ""}, "tag"),
        ({"max_attempts": 0}, "max_attempts"),
        ({"max_attempts": True}, "max_attempts"),
        ({"idempotency_key": "a\0b"}, "idempotency_key"),
        ({"idempotency_scope": "tenant"}, "idempotency_scope"),
        ({"priority": "2d"}, "priority"),
        ({"dealy": "1h"}, "dealy"),
        ({"concurrency_key": ""}, "concurrency_key"),
    ],
)
def test_a_wrong_option_is_named(given: dict[str, Any], named: str) -> None:
    with pytest.raises(InvalidInput, match=named):
        parse_options(**given)


def test_options_have_bounds() -> None:
    with pytest.raises(ValueTooLarge, match="tags"):
        parse_options(tags=[str(n) for n in range(11)])
    with pytest.raises(ValueTooLarge, match="metadata"):
        parse_options(metadata={"text": "x" * 300_000})
    with pytest.raises(InvalidPayload, match="metadata"):
        parse_options(metadata=[1])  # type: ignore[arg-type]


def test_a_queue_reads_its_rate() -> None:
    settings = Queue("web", concurrency=20, per_key=2, rate="100/60s").settings
    assert (settings.concurrency, settings.per_key, settings.rate_count, settings.rate_period_ms) == (
        20,
        2,
        100,
        60_000,
    )
    assert Queue("web", rate="5 / s").settings.rate_period_ms == 1_000


@pytest.mark.parametrize("rate", ["", "100", "0/s", "5/0s", "five/s", "5/minute"])
def test_a_wrong_rate_is_refused(rate: str) -> None:
    with pytest.raises(InvalidInput, match="rate"):
        Queue("web", rate=rate)


@pytest.mark.parametrize("limit", [0, -1, 1.5, True, "3"])
def test_a_wrong_limit_is_refused(limit: Any) -> None:
    with pytest.raises(InvalidInput, match="concurrency"):
        Queue("web", concurrency=limit)
