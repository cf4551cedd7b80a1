"""A task's payload: the one structured parameter, or the object of the parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
import pytest
from pydantic import BaseModel

from runcast.domain.errors import InvalidInput, InvalidPayload
from runcast.sdk.payload import PayloadCodec, Signature, payload_codec, refuse_unnamed


@dataclass
class Company:
    domain: str


class Settings(BaseModel):
    depth: int = 1


class Row(msgspec.Struct):
    id: int


def codec_of(fn: Any) -> PayloadCodec:
    return payload_codec(Signature(fn, name="f"))


def called(fn: Any, *args: Any, **kwargs: Any) -> Any:
    """What `fn` returns when it is called with the payload of a trigger with these arguments."""
    codec = codec_of(fn)
    found_args, found_kwargs = codec.decode(codec.encode(args, kwargs))
    return fn(*found_args, **found_kwargs)


def plain(a: int, b: str = "x", *, c: list[int] | None = None) -> Any:
    return a, b, c


def positional(a: int, /, b: int = 2) -> Any:
    return a, b


def positional_optional(a: int = 1, b: int = 2, /) -> Any:
    return a, b


def mixed(company: Company, row: Row, settings: Settings | None = None, note: Any = None) -> Any:
    return company, row, settings, note


def one_company(company: Company) -> Any:
    return company


def one_optional(company: Company | None = None) -> Any:
    return company


def keyword_only(*, company: Company) -> Any:
    return company


def extra(a: int, **rest: float) -> Any:
    return a, rest


def nothing() -> Any:
    return "called"


def unannotated(a, b=None):  # type: ignore[no-untyped-def]
    return a, b


@pytest.mark.parametrize(
    ("fn", "args", "kwargs", "expected"),
    [
        (plain, (1,), {}, (1, "x", None)),
        (plain, (1, "y"), {"c": [3]}, (1, "y", [3])),
        (plain, (), {"b": "y", "a": 1}, (1, "y", None)),
        (positional, (1,), {}, (1, 2)),
        (positional, (1,), {"b": 3}, (1, 3)),
        (positional_optional, (), {}, (1, 2)),
        (positional_optional, (5,), {}, (5, 2)),
        (
            mixed,
            (Company("a"), Row(1)),
            {"settings": Settings(depth=2)},
            (Company("a"), Row(1), Settings(depth=2), None),
        ),
        (one_company, (Company("a"),), {}, Company("a")),
        (one_company, (), {"company": Company("a")}, Company("a")),
        (one_optional, (), {}, None),
        (one_optional, (None,), {}, None),
        (one_optional, (Company("a"),), {}, Company("a")),
        (keyword_only, (), {"company": Company("a")}, Company("a")),
        (extra, (1,), {"x": 2.5}, (1, {"x": 2.5})),
        (nothing, (), {}, "called"),
        (unannotated, ([1, {"a": None}],), {}, ([1, {"a": None}], None)),
    ],
)
def test_a_payload_calls_the_function_as_the_trigger_did(
    fn: Any, args: tuple[Any, ...], kwargs: dict[str, Any], expected: Any
) -> None:
    assert called(fn, *args, **kwargs) == expected


@pytest.mark.parametrize(
    ("fn", "args", "text"),
    [
        (plain, (1,), '{"a":1}'),
        (one_company, (Company("a"),), '{"domain":"a"}'),
        (mixed, (Company("a"), Row(1)), '{"company":{"domain":"a"},"row":{"id":1}}'),
        (nothing, (), "{}"),
        (one_optional, (), "null"),
    ],
)
def test_the_payload_is_what_other_programs_would_send(fn: Any, args: tuple[Any, ...], text: str) -> None:
    assert codec_of(fn).encode(args, {}) == text


@pytest.mark.parametrize("fn", [nothing, one_optional])
def test_no_payload_is_an_empty_one(fn: Any) -> None:
    assert codec_of(fn).decode("null") == ((), {})


@pytest.mark.parametrize(
    ("fn", "text", "complaint"),
    [
        (plain, '{"a":"one"}', "'a'.*valid integer"),
        (plain, '{"b":"x"}', "'a' missing"),
        (plain, '{"a":1,"d":2}', "no parameter 'd'"),
        (plain, "[1]", "object"),
        (plain, "null", "'a' missing"),
        (plain, "{", "object"),
        (mixed, '{"company":{},"row":{"id":1}}', "'company'.*domain"),
        (one_company, "{}", "domain"),
        (one_company, "3", "payload of task 'f'"),
        (extra, '{"a":1,"x":"y"}', "'x'"),
    ],
)
def test_a_wrong_payload_says_what_and_where(fn: Any, text: str, complaint: str) -> None:
    with pytest.raises(InvalidPayload, match=complaint):
        codec_of(fn).decode(text)


@pytest.mark.parametrize(
    ("fn", "args", "kwargs"),
    [
        (plain, ("one",), {}),
        (plain, (), {}),
        (plain, (1, "y", [3]), {}),
        (plain, (1,), {"d": 2}),
        (one_company, (3,), {}),
        (nothing, (1,), {}),
        (plain, (1, "a\0"), {}),
        (unannotated, (float("nan"),), {}),
    ],
)
def test_a_wrong_trigger_is_refused_before_anything_is_written(
    fn: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> None:
    with pytest.raises(InvalidPayload):
        codec_of(fn).encode(args, kwargs)


def test_a_value_that_pydantic_would_read_is_read() -> None:
    assert codec_of(plain).decode('{"a":"7"}') == ((), {"a": 7})


def test_the_schema_describes_the_payload() -> None:
    schema = codec_of(mixed).schema()
    assert schema["required"] == ["company", "row"]
    assert schema["properties"]["row"] == {"$ref": "#/$defs/Row"}
    assert "Row" in schema["$defs"]
    assert schema["properties"]["note"] == {"default": None}
    assert codec_of(one_company).schema()["properties"]["domain"]["type"] == "string"
    assert codec_of(plain).schema()["additionalProperties"] is False


def test_arguments_without_names_are_refused() -> None:
    def unnamed(*parts: str) -> None: ...

    with pytest.raises(InvalidInput, match=r"\*parts"):
        refuse_unnamed(unnamed, "f")


def test_an_annotation_only_for_type_checkers_is_explained() -> None:
    def hidden(a: OnlyForCheckers) -> None: ...  # type: ignore[name-defined]  # noqa: F821

    with pytest.raises(InvalidInput, match="OnlyForCheckers"):
        Signature(hidden, name="hidden")
