"""Words, ids and errors as the command line shows them."""

from __future__ import annotations

import pytest

from runcast.cli.filters import parse_status
from runcast.cli.find import time_span
from runcast.cli.look import LOOKS, ago, bar, duration, printable
from runcast.cli.trigger import read_json
from runcast.domain.errors import InvalidInput
from runcast.domain.ids import make_id
from runcast.domain.run import LABELS, RunStatus
from tests.cli.samples import sample_run


def test_every_status_has_a_look_and_no_two_of_them_the_same_word() -> None:
    assert set(LOOKS) == set(RunStatus) == set(LABELS)
    assert len(set(LABELS.values())) == len(LABELS)


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (0, "0ms"),
        (-5, "0ms"),
        (999, "999ms"),
        (59_949, "59.9s"),
        (59_950, "1m 00s"),
        (3_599_600, "1h 00m"),
        (10**9, "11d 13h"),
    ],
)
def test_a_duration_is_never_carried_wrongly(ms: int, text: str) -> None:
    assert duration(ms) == text


def test_ages_are_told_in_their_largest_unit() -> None:
    assert [ago(0, ms) for ms in (0, 999, 1_000, 61_000, 7_200_000, 200_000_000)] == [
        "now",
        "now",
        "1s ago",
        "1m ago",
        "2h ago",
        "2d ago",
    ]


@pytest.mark.parametrize("percent", [-1e300, -1, 0, 0.1, 49.9, 50, 99.9, 100, 1e300])
def test_a_bar_is_exactly_as_wide_as_asked(percent: float) -> None:
    assert bar(percent, 20).cell_len == 20


def test_control_characters_do_not_pass() -> None:
    assert printable("a\x1b[2Jb\r\x00c\n\td") == "a�[2Jb��c\n\td"


def test_a_status_may_be_typed_as_its_label_or_its_name() -> None:
    assert parse_status("Timed out") == parse_status("timed-out") == parse_status("TIMED_OUT") == (RunStatus.TIMED_OUT,)
    assert set(parse_status("live")) | set(parse_status("final")) == set(RunStatus)


def test_an_unknown_status_is_answered_with_the_nearest() -> None:
    with pytest.raises(InvalidInput, match="Did you mean 'failed'"):
        parse_status("faild")


def test_a_payload_that_is_not_json_says_so_and_how_to_quote() -> None:
    with pytest.raises(InvalidInput, match=r"not JSON.*quotes"):
        read_json("hello")
    with pytest.raises(InvalidInput, match="cannot read the payload from nowhere"):
        read_json("@nowhere.json")


def test_the_beginning_of_an_id_is_a_span_of_time() -> None:
    made_at = 1_700_000_000_123
    run_id = make_id("run", at_ms=made_at, chance=7)
    for length in range(5, len(run_id)):
        first, last = time_span(run_id[:length])
        assert first <= made_at <= last


def test_a_sample_is_drawn_with_the_word_of_its_shown_status() -> None:
    assert sample_run(status=RunStatus.QUEUED, attempt=2).label == "Running"
