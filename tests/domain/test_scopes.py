"""Scopes: what they cover, and that none covers more than it says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runcast.domain.errors import InvalidInput
from runcast.domain.scopes import ACTIONS, SCOPES_MAX, Scope, check_actions, grants, parse_scope, parse_scopes

WORDS = st.sampled_from(["read", "write", "trigger", "batchTrigger", "update", "runs", "tasks", "tags", "batch", "x"])
IDS = st.text("abc:*", min_size=1, max_size=6)


@pytest.mark.parametrize(
    ("scope", "action", "resource"),
    [
        ("read:runs:run_1", "read", "runs:run_1"),
        ("read:runs", "read", "runs:run_1"),
        ("read:runs", "read", "runs"),
        ("read", "read", "tasks:hello"),
        ("read:all", "read", "tags:a"),
        ("read:tags:a:b", "read", "tags:a:b"),
        ("*:runs:run_1", "write", "runs:run_1"),
        ("admin", "write", "waitpoints:waitpoint_1"),
        ("write:tasks:hello", "trigger", "tasks:hello"),
        ("write:tasks", "batchTrigger", "tasks:hello"),
    ],
)
def test_a_scope_covers_what_it_says(scope: str, action: str, resource: str) -> None:
    assert parse_scope(scope).covers(action, resource)


@pytest.mark.parametrize(
    ("scope", "action", "resource"),
    [
        ("read:runs:run_1", "read", "runs:run_2"),
        ("read:runs:run_1", "read", "runs"),
        ("read:runs:run_1", "write", "runs:run_1"),
        ("read:runs:run_1", "read", "tasks:run_1"),
        ("read:all:run_1", "read", "runs:run_1"),
        ("write:tasks:hello", "read", "tasks:hello"),
        ("trigger:tasks:hello", "batchTrigger", "tasks:hello"),
        ("trigger:tasks:hello", "write", "tasks:hello"),
        ("admin:runs", "read", "runs:run_1"),
        ("read:runs:*", "read", "runs:run_1"),
        ("read:tags:a", "read", "tags:a:b"),
        ("READ:runs", "read", "runs"),
    ],
)
def test_a_scope_covers_nothing_else(scope: str, action: str, resource: str) -> None:
    assert not parse_scope(scope).covers(action, resource)


@given(WORDS, WORDS, IDS, WORDS, WORDS, IDS)
def test_a_scope_with_an_id_covers_only_that_id_of_that_type(
    action: str, kind: str, id: str, other_action: str, other_kind: str, other_id: str
) -> None:
    if parse_scope(f"{action}:{kind}:{id}").covers(other_action, f"{other_kind}:{other_id}"):
        assert (kind, id) == (other_kind, other_id)
        assert other_action == action or (action == "write" and other_action in ("trigger", "batchTrigger", "update"))


@given(st.text(max_size=30))
def test_text_is_a_scope_or_is_refused(text: str) -> None:
    try:
        scope = parse_scope(text)
    except InvalidInput:
        return
    assert ":".join(part for part in (scope.action, scope.type, scope.id) if part) == text


@pytest.mark.parametrize("text", ["", ":", "read:", "read::", "read:runs:", ":runs", "read::run_1", "x" * 3_000])
def test_parts_that_are_empty_or_too_long_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_scope(text)


def test_a_token_that_we_make_has_only_actions_that_something_asks_for() -> None:
    check_actions(parse_scopes(f"{action}:runs:run_1" for action in ACTIONS))
    with pytest.raises(InvalidInput, match="no action 'red': it is one of read, write, trigger"):
        check_actions(parse_scopes(["read:runs:run_1", "red:runs:run_1"]))


def test_a_token_has_a_bounded_number_of_scopes() -> None:
    parse_scopes(["read:runs"] * SCOPES_MAX)
    with pytest.raises(InvalidInput):
        parse_scopes(["read:runs"] * (SCOPES_MAX + 1))


def test_without_a_resource_nothing_is_granted() -> None:
    assert not grants([Scope("admin"), Scope("*")], "read", ())
