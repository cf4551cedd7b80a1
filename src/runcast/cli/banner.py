"""What `runcast dev` says when it starts: where things are, which tasks there are, what to try."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
from rich.text import Text

from runcast.cli.look import one_line
from runcast.gateway import TaskInfo

LABEL_CELLS = 11
TASKS_SHOWN = 40


def banner(tasks: Sequence[TaskInfo] | None, facts: Sequence[tuple[str, str]], *, version: str, width: int) -> Text:
    """The facts, a line each, then the tasks with their places, then a command to try. None: there is no app."""
    lines = [Text(), Text.assemble(("  runcast", "bold")).append(f" {version}", style="bright_black"), Text()]
    lines += [_fact(label, value) for label, value in facts]
    lines += [Text(), *(() if tasks is None else _tasks(tasks, width)), Text()]
    return Text("\n").join(lines)


def _fact(label: str, value: str) -> Text:
    return Text.assemble((f"  {label:<{LABEL_CELLS}}", "bright_black")).append(value, style="default")


def _tasks(tasks: Sequence[TaskInfo], width: int) -> Iterator[Text]:
    if not tasks:
        yield _fact("tasks", "none yet: write a function with @task above it, and save")
        return
    shown = sorted(tasks, key=_order)[:TASKS_SHOWN]
    names = max(len(task.name) for task in shown)
    places = max(len(place(task)) for task in shown)
    for number, task in enumerate(shown):
        line = _fact("" if number else "tasks", f"{task.name:<{names}}  ")
        line.append(f"{place(task):<{places}}  ", style="bright_black")
        line.append(one_line(task.description.split("\n")[0]), style="bright_black")
        line.truncate(width, overflow="ellipsis")
        yield line
    if len(tasks) > len(shown):
        yield _fact("", f"… {len(tasks) - len(shown)} more")
    yield Text()
    yield _fact("try", f"runcast trigger {shown[0].name} '{sample_payload(shown[0].schema)}' --follow")


def _order(task: TaskInfo) -> tuple[str, int]:
    file, _, line = task.source.rpartition(":")
    return file, int(line) if line.isdigit() else 0


def place(task: TaskInfo) -> str:
    """`file:line`, relative to the directory in which `runcast dev` runs."""
    file, _, line = task.source.rpartition(":")
    try:
        return f"{Path(file).relative_to(Path.cwd())}:{int(line):<3}".rstrip()
    except ValueError:
        return task.source


def sample_payload(schema: str) -> str:
    """JSON that fits a payload's schema well enough to start from.

    >>> sample_payload('{"properties": {"name": {"type": "string"}, "n": {"type": "integer"}}, "required": ["n"]}')
    '{"n": 1}'
    """
    parsed = msgspec.json.decode(schema)
    if not isinstance(parsed, dict):
        return "{}"
    properties = parsed.get("properties", {})
    sample = {name: _sample(properties.get(name, {})) for name in parsed.get("required") or properties}
    return json.dumps(sample, ensure_ascii=False)


def _sample(schema: dict[str, Any]) -> Any:
    if "default" in schema:
        return schema["default"]
    match schema.get("type"):
        case "integer":
            return 1
        case "number":
            return 1.5
        case "boolean":
            return True
        case "array":
            return [_sample(schema["items"])] if isinstance(schema.get("items"), dict) else []
        case "object":
            return {}
        case _:
            return "…"
