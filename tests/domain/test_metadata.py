"""Operations on metadata: keys, paths, and what does not fit."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runcast.domain.errors import InvalidInput
from runcast.domain.limits import METADATA_INDEX_MAX
from runcast.domain.metadata import Operation, apply

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["a", "b"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab01"), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(["a", "b", "a.b", "$.a", "$.a.b", "$.a.0", "$.b.1.a", "$.0", "$.a.b.c"])
OPERATIONS = st.one_of(
    st.builds(Operation, st.sampled_from(["set", "append", "remove"]), KEYS, JSON),
    st.builds(Operation, st.just("delete"), KEYS),
    st.builds(Operation, st.just("increment"), KEYS, st.integers(-9, 9)),
    st.builds(Operation, st.just("update"), st.just(""), st.dictionaries(st.sampled_from("ab"), JSON, max_size=2)),
)


@pytest.mark.parametrize(
    ("before", "operation", "after"),
    [
        ({}, ("set", "a.b", 1), {"a.b": 1}),
        ({}, ("set", "$.a.b", 1), {"a": {"b": 1}}),
        ({"a": [1, 2]}, ("set", "$.a.1", 3), {"a": [1, 3]}),
        ({"a": [1]}, ("set", "$.a.3", 2), {"a": [1, None, None, 2]}),
        ({"a": 5}, ("set", "$.a.b", 1), {"a": {"b": 1}}),
        ({"$.a": 1, "a": 2}, ("delete", "a"), {"$.a": 1}),
        ({"$.a": 1, "a": 2}, ("delete", "$.a"), {"a": 2}),
        ({}, ("append", "a", 1), {"a": [1]}),
        ({"a": [1]}, ("append", "a", [2]), {"a": [1, [2]]}),
        ({"a": "x"}, ("append", "a", 1), {"a": ["x", 1]}),
        ({"a": [1, {"x": 1}, 1]}, ("remove", "a", {"x": 1}), {"a": [1, 1]}),
        ({"a": [1, True, 1.0]}, ("remove", "a", True), {"a": [1, 1.0]}),
        ({"a": 5}, ("remove", "a", 5), {"a": 5}),
        ({}, ("remove", "$.a.b", 1), {}),
        ({}, ("increment", "a", -2), {"a": -2}),
        ({"a": "x"}, ("increment", "a", 2), {"a": 2}),
        ({"a": True}, ("increment", "a", 2), {"a": 2}),
        ({"a": {"n": 1.5}}, ("increment", "$.a.n", 1), {"a": {"n": 2.5}}),
        ({"a": 1}, ("update", "", {"b": 2}), {"b": 2}),
    ],
)
def test_an_operation_does_what_it_says(before: dict[str, Any], operation: tuple[Any, ...], after: Any) -> None:
    assert apply(deepcopy(before), [Operation(*operation)]) == after


@pytest.mark.parametrize(
    "operation",
    [
        Operation("set", "__proto__", 1),
        Operation("set", "$.a.__proto__.b", 1),
        Operation("append", "$.constructor", 1),
        Operation("set", "$.", 1),
        Operation("set", "$.a..b", 1),
        Operation("set", "$." + ".".join("a" * 51), 1),
        Operation("set", "a\0", 1),
        Operation("increment", "a", "1"),
        Operation("increment", "a", True),
        Operation("increment", "a", None),
        Operation("update", "", [1]),
    ],
)
def test_an_operation_that_can_never_be_applied_is_refused(operation: Operation) -> None:
    with pytest.raises(InvalidInput):
        operation.check()


def test_a_far_place_in_a_list_fills_no_memory() -> None:
    apply_far = Operation("set", "$.a.999999999", 1)
    apply_far.check()
    assert len(apply({"a": []}, [apply_far])["a"]) <= METADATA_INDEX_MAX + 1


def test_a_word_is_no_place_in_a_list() -> None:
    with pytest.raises(InvalidInput, match="no place in a list"):
        apply({"a": []}, [Operation("set", "$.a.x", 1)])


@given(st.dictionaries(st.sampled_from("ab"), JSON, max_size=2), st.lists(OPERATIONS, max_size=6))
def test_any_operations_leave_an_object(before: dict[str, Any], operations: list[Operation]) -> None:
    try:
        after = apply(deepcopy(before), operations)
    except InvalidInput:
        return
    assert isinstance(after, dict)
    assert msgspec.json.decode(msgspec.json.encode(after)) == after


@given(st.dictionaries(st.sampled_from("ab"), JSON, max_size=2), st.lists(OPERATIONS, max_size=6), st.integers(0, 6))
def test_operations_in_two_requests_do_the_same_as_in_one(
    before: dict[str, Any], operations: list[Operation], cut: int
) -> None:
    def both() -> dict[str, Any]:
        return apply(apply(deepcopy(before), operations[:cut]), operations[cut:])

    try:
        at_once = apply(deepcopy(before), operations)
    except InvalidInput:
        with pytest.raises(InvalidInput):
            both()
        return
    assert both() == at_once
