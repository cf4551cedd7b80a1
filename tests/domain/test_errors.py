"""The exception tree is the one drawn at the top of its file, and its codes are for programs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runcast.domain import errors
from runcast.domain.errors import ErrorInfo, RuncastError, StepFailed, TaskFailed


def subclasses(cls: type[RuncastError], depth: int = 0) -> Iterator[tuple[int, str]]:
    yield depth, cls.__name__
    for child in cls.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from subclasses(child, depth + 1)


def test_the_drawing_shows_the_tree() -> None:
    drawing = re.findall(r"^([│├└─ ]*)(\w+)", errors.__doc__ or "", re.MULTILINE)
    names = [(len(indent) // 4, name) for indent, name in drawing if hasattr(errors, name)]
    assert names == list(subclasses(RuncastError))


def test_every_error_has_a_code_made_of_its_name() -> None:
    for _, name in subclasses(RuncastError):
        if name != "EngineStopped":
            assert getattr(errors, name).code == re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def test_an_engine_that_stopped_is_unavailable_to_other_processes() -> None:
    assert errors.EngineStopped.code == errors.Unavailable.code


def test_a_failed_task_says_which_run_and_how() -> None:
    error = TaskFailed("run_1", "FAILED", ErrorInfo(type="builtins.ValueError", message="no such page"))
    assert str(error) == "run run_1 ended FAILED: ValueError: no such page"
    assert str(TaskFailed("run_1", "CANCELED", None)) == "run run_1 ended CANCELED"


def test_a_failed_step_keeps_its_record() -> None:
    record = ErrorInfo(type="myapp.Broken", message="no")
    assert StepFailed(record).error is record
    assert str(StepFailed(record)) == "myapp.Broken: no"
