"""What `runcast dev` says when it starts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runcast.cli.banner import banner, sample_payload
from runcast.gateway import TaskInfo


def test_tasks_stand_in_the_order_of_their_file_with_places_relative_to_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    tasks = [
        TaskInfo("late", "default", source=f"{tmp_path}/app.py:100"),
        TaskInfo("early", "default", source=f"{tmp_path}/app.py:9", description="Does it.\n\nMore."),
    ]
    text = banner(tasks, [("database", "x.db")], version="1.0", width=100).plain
    assert text.index("early  app.py:9") < text.index("late   app.py:100")
    assert "Does it." in text
    assert "More." not in text
    assert "database   x.db" in text
    assert "runcast trigger early" in text


def test_an_app_without_tasks_is_told_what_to_write() -> None:
    assert "@task" in banner([], [], version="1.0", width=80).plain


def test_the_sample_payload_has_what_is_required_in_its_type() -> None:
    properties = {
        "a": {"type": "string"},
        "b": {"type": "array", "items": {"type": "number"}},
        "c": {"type": "boolean", "default": False},
        "d": {"$ref": "#/$defs/D"},
        "e": {"type": "string"},
    }
    schema = json.dumps({"properties": properties, "required": ["a", "b", "c", "d"]})
    assert json.loads(sample_payload(schema)) == {"a": "…", "b": [1.5], "c": False, "d": "…"}


@pytest.mark.parametrize("schema", ["{}", "true", "null", '{"type": "array"}'])
def test_any_schema_has_a_sample(schema: str) -> None:
    json.loads(sample_payload(schema))
