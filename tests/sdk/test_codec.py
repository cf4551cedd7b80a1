"""Values as JSON and back: types survive, what JSON cannot say is refused."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any, Literal, TypedDict
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from runcast.domain.errors import InvalidPayload, ValueTooLarge
from runcast.domain.limits import PAYLOAD_BYTES_MAX
from runcast.sdk.annotations import is_structured
from runcast.sdk.codec import codec_for, decode_json, digest_arguments, encode_json


class Colour(Enum):
    RED = "red"


@dataclass
class Point:
    x: int
    y: float = 0.0


class Company(BaseModel):
    domain: str
    founded: date | None = None
    kind: str = Field(default="ag", alias="type")


class Row(msgspec.Struct):
    id: int
    points: list[Point] = []


class Address(TypedDict, total=False):
    city: str


@dataclass
class Mixed:
    row: Row
    address: Address


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(JSON)
def test_plain_json_comes_back_equal(value: Any) -> None:
    assert decode_json(encode_json(value)) == value
    assert codec_for(Any).decode(codec_for(Any).encode(value)) == value


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        (int, 3),
        (float, 2.5),
        (str, "é\\u0000 as text"),
        (bool, False),
        (None, None),
        (list[int], [1, 2]),
        (dict[str, list[float]], {"a": [1.5]}),
        (int | None, None),
        (Literal["a", "b"], "b"),
        (list[int] | dict[str, int], {"a": 1}),
        (Point, Point(1, 2.5)),
        (list[Point], [Point(1)]),
        (Company, Company(domain="python.org", founded=date(2001, 3, 6), type="psf")),
        (Row, Row(1, [Point(2)])),
        (dict[str, Row], {"a": Row(1)}),
        (Address, {"city": "Ulm"}),
        (Mixed, Mixed(Row(1), {"city": "Ulm"})),
        (tuple[int, str], (1, "a")),
        (set[str], {"a", "b"}),
        (datetime, datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)),
        (timedelta, timedelta(days=2, seconds=3)),
        (UUID, UUID(int=7)),
        (Decimal, Decimal("1.10")),
        (bytes, b"\x00\xff"),
        (Colour, Colour.RED),
        (Point | Company, Company(domain="x.org")),
    ],
)
def test_a_value_comes_back_by_its_annotation(annotation: Any, value: Any) -> None:
    codec = codec_for(annotation)
    found = codec.decode(codec.encode(value))
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("annotation", "text"),
    [
        (int, '"x"'),
        (str, "3"),
        (list[int], '{"a":1}'),
        (Point, '{"y":1}'),
        (Company, "[]"),
        (Row, '{"id":"x"}'),
        (int, ""),
    ],
)
def test_text_of_another_type_is_refused(annotation: Any, text: str) -> None:
    with pytest.raises(InvalidPayload, match="output of task 'f'"):
        codec_for(annotation).decode(text, what="output of task 'f'")


@pytest.mark.parametrize(
    ("annotation", "value"), [(int, "x"), (str, 3), (Point, 3), (Company, {"a": 1}), (list[int], ["a"])]
)
def test_a_value_of_another_type_is_refused(annotation: Any, value: Any) -> None:
    with pytest.raises(InvalidPayload):
        codec_for(annotation).encode(value)


def test_a_dict_may_stand_for_a_model() -> None:
    assert (
        codec_for(Company).encode({"domain": "x.org", "type": "se"}) == '{"domain":"x.org","founded":null,"type":"se"}'
    )


@pytest.mark.parametrize("annotation", [int, float])
def test_pydantics_rules_count_where_msgspec_is_stricter(annotation: Any) -> None:
    assert codec_for(annotation).decode('"3"') == 3


@dataclass
class Measured:
    value: float
    note: None = None


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        (Any, float("nan")),
        (float, float("inf")),
        (dict[str, float], {"a": float("nan")}),
        (Any, [{"a": (1, float("-inf"))}]),
        (Measured, Measured(float("nan"))),
        (Any, Measured(float("nan"))),
    ],
)
def test_nan_and_infinity_are_refused(annotation: Any, value: Any) -> None:
    with pytest.raises(InvalidPayload):
        codec_for(annotation).encode(value)


def test_null_is_no_nan() -> None:
    assert encode_json({"a": None, "b": "null"}) == '{"a":null,"b":"null"}'


@pytest.mark.parametrize("value", ["a\0b", {"a": ["\0"]}, {"\0": 1}])
def test_nul_is_refused(value: Any) -> None:
    with pytest.raises(InvalidPayload, match="NUL"):
        encode_json(value)


@pytest.mark.parametrize("value", [object(), "\ud800", {1, object()}, lambda: None])
def test_what_has_no_json_form_is_refused(value: Any) -> None:
    with pytest.raises(InvalidPayload, match="cannot be JSON"):
        encode_json(value)


def test_a_value_has_a_bound() -> None:
    with pytest.raises(ValueTooLarge, match="payload of task 'f'"):
        encode_json("x" * PAYLOAD_BYTES_MAX, what="payload of task 'f'")
    with pytest.raises(ValueTooLarge):
        codec_for(Address).encode({"city": "x" * PAYLOAD_BYTES_MAX})


def test_a_class_without_a_json_form_says_what_to_use() -> None:
    class Opaque:
        pass

    with pytest.raises(InvalidPayload, match="dataclass"):
        codec_for(Opaque)


def test_a_path_is_text() -> None:
    assert encode_json(Path("a") / "b") == '"a/b"'


@pytest.mark.parametrize("annotation", [Point, Company, Row, Address, Point | None, Point | Company])
def test_what_is_a_payload_by_itself(annotation: Any) -> None:
    assert is_structured(annotation)


@pytest.mark.parametrize("annotation", [int, str, dict, dict[str, int], list[Point], None, Any, Point | int])
def test_what_is_not_a_payload_by_itself(annotation: Any) -> None:
    assert not is_structured(annotation)


def test_a_digest_does_not_depend_on_order_or_addresses() -> None:
    one = digest_arguments(({"b": 1, "a": {"x", "y", "z"}}, object(), open), {})
    two = digest_arguments(({"a": {"z", "y", "x"}, "b": 1}, object(), open), {})
    assert one == two
    assert one != digest_arguments(({"a": {"z", "y"}, "b": 1}, object(), open), {})


def test_plain_payloads_need_no_pydantic() -> None:
    program = (
        "import sys; from runcast import task\n"
        "@task\ndef add(a: int, b: list[str] | None = None) -> dict[str, float]: ...\n"
        "add.payload.decode(add.payload.encode((1, ['x']), {})); add.encode_output({'a': 1.5}); add.info()\n"
        "assert 'pydantic' not in sys.modules, 'pydantic'\n"
        "assert 'apsw' not in sys.modules, 'apsw'"
    )
    done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


SETS = """
from dataclasses import dataclass
from typing import Any
import msgspec, pydantic
from runcast.sdk.codec import codec_for, encode_json

class Model(pydantic.BaseModel):
    names: set[str]
    nested: dict[str, frozenset[str]]

@dataclass
class Data:
    names: set[str]

class Row(msgspec.Struct):
    names: set[str]

names = {f"name {n}" for n in range(30)}
model = Model(names=names, nested={"b": frozenset(names), "a": frozenset()})
for annotation, value in [(Any, {"b": names, "a": [model]}), (set[str], names), (Model, model), (Data, Data(names)),
                          (Row, Row(names)), (dict[str, set[str]], {"z": names, "y": set()}), (Any, {1, "a"})]:
    print(codec_for(annotation).encode(value))
"""


def test_a_set_has_the_same_text_in_every_process() -> None:
    def texts(seed: str) -> list[bytes]:
        command = [sys.executable, "-c", SETS]
        return subprocess.run(
            command, env=os.environ | {"PYTHONHASHSEED": seed}, check=True, capture_output=True
        ).stdout.splitlines()[:-1]

    first = texts("1")
    assert len(first) == 6
    assert first == texts("2")
