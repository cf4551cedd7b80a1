"""Exceptions as records and back."""

from __future__ import annotations

import json

import pytest

from runcast.domain.errors import ErrorInfo, StepFailed
from runcast.sdk.blame import blame, blamed_keys
from runcast.sdk.failures import MESSAGE_CHARS_MAX, error_info, rebuild_error


class Refused(Exception):
    user_message = "The bank said no."
    code = "refused"


class Numbered(Exception):
    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(f"number {number}")


class Demanding(Exception):
    def __init__(self, text: str, *, reply: object) -> None:
        self.reply = reply
        super().__init__(text)


class Unprintable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


def raised(error: Exception) -> Exception:
    try:
        raise error
    except type(error) as found:
        return found


def test_an_error_is_recorded_with_what_people_see() -> None:
    info = error_info(raised(Refused("code 42")), keys=("/fetch#1",))
    assert info.type == f"{Refused.__module__}.Refused"
    assert (info.message, info.user_message, info.code) == ("code 42", "The bank said no.", "refused")
    assert info.keys == ("/fetch#1",)
    assert "in raised" in info.stack


def test_user_frames_come_first() -> None:
    with pytest.raises(json.JSONDecodeError) as caught:
        json.loads("{")
    first = error_info(caught.value).stack.split("In full")[0]
    assert "test_failures" in first
    assert "JSONDecodeError" in first


def test_the_cause_is_in_the_stack() -> None:
    try:
        try:
            raise KeyError("inner")
        except KeyError as inner:
            raise ValueError("outer") from inner
    except ValueError as error:
        stack = error_info(error).stack
    assert "inner" in stack
    assert "outer" in stack.split("In full")[0]


@pytest.mark.parametrize(
    "error", [ValueError("x"), KeyError("a"), Refused("y", 3), Numbered(5), OSError(2, "gone"), ValueError()]
)
def test_an_imported_class_is_rebuilt(error: Exception) -> None:
    rebuilt = rebuild_error(error_info(raised(error)))
    assert type(rebuilt) is type(error)
    assert rebuilt.args == error.args
    assert str(rebuilt) == str(error)


def test_a_class_with_other_arguments_is_still_of_its_class() -> None:
    rebuilt = rebuild_error(error_info(raised(Demanding("no", reply=object()))))
    assert isinstance(rebuilt, Demanding)
    assert str(rebuilt) == "no"


@pytest.mark.parametrize(
    "info",
    [
        ErrorInfo("not.imported.Error", "x", args='["x"]'),
        ErrorInfo("builtins.print", "x", args='["x"]'),
        ErrorInfo("builtins.SystemExit", "1", args="[1]"),
        ErrorInfo("builtins.ValueError", "another text", args='["x"]'),
        ErrorInfo("builtins.ValueError", "x"),
        ErrorInfo("os.path.join", "x", args='["x"]'),
        ErrorInfo("", "x", args="[]"),
    ],
)
def test_anything_else_becomes_step_failed(info: ErrorInfo) -> None:
    rebuilt = rebuild_error(info)
    assert isinstance(rebuilt, StepFailed)
    assert rebuilt.error is info


def test_arguments_that_are_not_json_are_not_kept() -> None:
    assert error_info(ValueError(object())).args is None
    assert error_info(ValueError(b"x")).args is None


def test_any_text_can_be_stored() -> None:
    info = error_info(ValueError("a\0b\ud800" + "x" * 100_000))
    assert "\0" not in info.message
    assert info.message.encode()
    assert len(info.message) <= MESSAGE_CHARS_MAX
    assert "no text" not in error_info(Unprintable()).message
    assert "RuntimeError" in error_info(Unprintable()).message


class Hostile(Exception):
    def __getattr__(self, name: str) -> object:
        raise KeyboardInterrupt(name)

    def __str__(self) -> str:
        raise SystemExit(3)


class Incomparable(dict[str, int]):
    __hash__ = None

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("not comparable")


@pytest.mark.parametrize(
    "error",
    [Hostile("x"), ValueError(Incomparable(a=1)), type("Odd", (Exception,), {"__module__": "\ud800\0"})("x")],
    ids=["attributes", "arguments", "name"],
)
def test_an_exception_whose_own_code_raises_is_recorded_all_the_same(error: Exception) -> None:
    blame(error, "/fetch#1")
    info = error_info(raised(error), keys=blamed_keys(error))
    assert info.keys == ("/fetch#1",)
    assert type(error).__name__ in info.type
    assert info.message
    assert info.type.encode()
