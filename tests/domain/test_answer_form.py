"""Which buttons and fields a schema comes to, and what a posted form means."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Any, Literal

import pytest
from pydantic import BaseModel, TypeAdapter

from runcast.domain.answer_form import AnswerForm, FieldKind, answer_form
from runcast.domain.errors import InvalidPayload


class Verdict(StrEnum):
    PUBLISH = "publish"
    DROP = "drop"


class Decision(BaseModel):
    verdict: Literal["publish", "drop"]
    remark: str = ""


class Review(BaseModel):
    approved: bool
    urgent: bool = False
    stars: int | None = None
    share: float = 0.5
    tone: Verdict = Verdict.PUBLISH


class Deep(BaseModel):
    approved: bool
    lines: list[str]


def form_of(annotation: Any) -> AnswerForm | None:
    return answer_form(json.dumps(TypeAdapter(annotation).json_schema()))


def labels(form: AnswerForm | None) -> list[str]:
    assert form is not None
    return [option.label for option in form.options]


@pytest.mark.parametrize("schema", [None, "{}", '{"type": "boolean"}'])
def test_yes_or_no_is_asked_where_nothing_else_is(schema: str | None) -> None:
    form = answer_form(schema)
    assert labels(form) == ["Approve", "Reject"] and form is not None
    assert (form.answer({"decision": "0"}), form.answer({"decision": "1"})) == (True, False)


@pytest.mark.parametrize("annotation", [Literal["publish", "drop"], Verdict])
def test_a_choice_is_a_button_for_each(annotation: Any) -> None:
    form = form_of(annotation)
    assert labels(form) == ["Publish", "Drop"] and form is not None
    assert [option.is_refusal for option in form.options] == [False, True]
    assert form.answer({"decision": "1"}) == "drop"


def test_the_choice_of_an_object_decides_and_the_rest_are_fields() -> None:
    form = form_of(Decision)
    assert labels(form) == ["Publish", "Drop"] and form is not None
    assert form.answer({"decision": "0", "field.remark": "nice"}) == {"verdict": "publish", "remark": "nice"}
    assert form.answer({"decision": "1"}) == {"verdict": "drop"}


def test_every_simple_part_is_a_field() -> None:
    form = form_of(Review)
    assert form is not None and form.decides == "approved"
    assert {field.name: field.kind for field in form.fields} == {
        "urgent": FieldKind.FLAG,
        "stars": FieldKind.INTEGER,
        "share": FieldKind.NUMBER,
        "tone": FieldKind.CHOICE,
    }
    posted = {"decision": "0", "field.urgent": "on", "field.stars": "4", "field.share": "0.25", "field.tone": "drop"}
    answer = form.answer(posted)
    assert answer == {"approved": True, "urgent": True, "stars": 4, "share": 0.25, "tone": "drop"}
    assert Review(**form.answer({"decision": "1"})) == Review(approved=False)


@pytest.mark.parametrize("annotation", [Deep, list[str], int])
def test_what_no_form_can_say_is_left_to_json(annotation: Any) -> None:
    assert form_of(annotation) is None


@pytest.mark.parametrize("posted", [{}, {"decision": "2"}, {"decision": "-1"}, {"decision": "¹"}])
def test_a_button_that_is_none_decides_nothing(posted: dict[str, str]) -> None:
    form = form_of(bool)
    assert form is not None
    with pytest.raises(InvalidPayload):
        form.answer(posted)


def test_a_number_that_is_none_is_named() -> None:
    form = form_of(Review)
    assert form is not None
    with pytest.raises(InvalidPayload, match="Stars: 'many' is no number"):
        form.answer({"decision": "0", "field.stars": "many"})


@pytest.mark.parametrize(
    "schema",
    [
        '{"type": "object", "properties": ["approved"]}',
        '{"type": "object", "properties": {"verdict": {"enum": {"x": 1}}}, "required": 5}',
        '{"enum": 5}',
        '{"anyOf": 3}',
        '{"$ref": "#/$defs/One", "$defs": {"One": []}}',
    ],
)
def test_what_is_no_schema_is_answered_in_json(schema: str) -> None:
    assert answer_form(schema) is None


@pytest.mark.parametrize("typed", ["nan", "inf", "-Infinity", "1e999"])
def test_a_number_is_one_that_json_has(typed: str) -> None:
    form = form_of(Review)
    assert form is not None
    with pytest.raises(InvalidPayload, match="is no number"):
        form.answer({"decision": "0", "field.share": typed})
