"""Loads the named queries of `sql/*.sql`: one text for both databases, which their renderers turn into statements.

A query starts with a header and continues to the next one:

    -- name: find_run -> Run?          at most one row, as that struct
    -- name: ready_runs -> ReadyRun*   any number of rows
    -- name: count_slots -> int        the first column of the first row (or None)
    -- name: touch_runs                no result

Macros, where the two databases speak differently:

    {rows :rows (id text, epoch bigint)}    a table of the list of lists `rows`, sent as one JSON parameter
    insert into t (a, b) {values :rows}     the list of lists, as rows of `t`
    {each column} e                         the texts of a JSON array, as `e.value`
    {array column}                          an aggregate: the JSON array of a column
    {field column name}                     a field of a JSON object, as JSON text
    {greatest}(a, b)                        the greater of two values
    {plain column}                          the column, for a check of rows that are found otherwise: no index of it is used
    {clause name}                           the text of that name in `clauses.sql`

Rows come back as one JSON document, built by the database and decoded straight into structs: a batch then costs one
release of the interpreter's lock, not one a row (ADR 0003).
"""

from __future__ import annotations

import re
import typing
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

from runcast.domain.access import ApiKey, Person, Project, PublicToken
from runcast.domain.alert import AlertEvent
from runcast.domain.effect import Artifact, Log, Part
from runcast.domain.file import FilePart
from runcast.domain.journal import Entry, Wait
from runcast.domain.message import Message
from runcast.domain.queue import QueueState
from runcast.domain.run import End, Run
from runcast.domain.saved_view import SavedView
from runcast.domain.schedule import ScheduleState, Tick
from runcast.domain.timeline import TimelineEntry, TimelineRun, TimelineTry
from runcast.domain.trace import Attempt
from runcast.store import (
    batch_rows,
    delivery_rows,
    operator_rows,
    overview_rows,
    rows,
    timeline_rows,
    usage_rows,
    vital_rows,
)
from runcast.store.access_rows import LiveKey, RevokedToken, SignedIn, VariableRow

_HEADER = re.compile(r"^-- name: (\w+)(?: -> (\w+)([?*]?))?$", re.MULTILINE)
_COMMENTS = re.compile(r"^--.*\n", re.MULTILINE)
ROWS = re.compile(r"\{rows :(\w+) \(([^)]*)\)\}")
VALUES = re.compile(r"\{values :(\w+)\}")
EACH = re.compile(r"\{each ([\w.]+)\}")
ARRAY = re.compile(r"\{array ([\w.]+)\}")
FIELD = re.compile(r"\{field ([\w.]+) (\w+)\}")
PLAIN = re.compile(r"\{plain ([\w.]+)\}")
CLAUSE = re.compile(r"\{clause (\w+)\}")
_CLAUSES = "clauses.sql"
_INSERT = re.compile(r"insert into (\w+) \(([^)]*)\)")
_STRUCTS: dict[str, type[msgspec.Struct]] = {
    **{
        name: row
        for module in (
            rows,
            batch_rows,
            delivery_rows,
            operator_rows,
            overview_rows,
            timeline_rows,
            usage_rows,
            vital_rows,
        )
        for name, row in vars(module).items()
        if isinstance(row, type) and issubclass(row, msgspec.Struct)
    },
    **{
        row.__name__: row
        for row in (LiveKey, RevokedToken, SignedIn, VariableRow, ApiKey, Person, Project, PublicToken)
    },
    **{
        row.__name__: row
        for row in (
            Attempt,
            TimelineEntry,
            TimelineRun,
            TimelineTry,
            Run,
            End,
            Entry,
            FilePart,
            Wait,
            QueueState,
            Log,
            Part,
            Artifact,
            Message,
            AlertEvent,
            ScheduleState,
            Tick,
            SavedView,
        )
    },
}


class QueryText(msgspec.Struct, frozen=True):
    """One named query as it is written."""

    name: str
    body: str
    struct: type[msgspec.Struct] | None = None
    """What a row becomes."""
    many: bool = False
    scalar: bool = False

    @property
    def decoder(self) -> msgspec.json.Decoder[Any] | None:
        """Reads the answer, if it has rows of a struct."""
        if self.struct is None:
            return None
        return msgspec.json.Decoder(list[self.struct] if self.many else self.struct, strict=False)  # type: ignore[name-defined]

    @property
    def values_param(self) -> str | None:
        """The list of rows that it inserts."""
        match = VALUES.search(self.body)
        return None if match is None else match[1]

    @property
    def target(self) -> tuple[str, list[str]]:
        """The table and the columns that an insert with `{values}` fills."""
        match = _INSERT.search(self.body)
        assert match, f"{self.name}: {{values}} needs an insert with a column list"
        return match[1], [column.strip() for column in match[2].split(",")]

    def fields(self) -> list[tuple[str, bool]]:
        """The columns that the struct takes, by its fields' names; True: it holds JSON itself."""
        assert self.struct is not None
        hints = typing.get_type_hints(self.struct)
        return [(field, _is_nested(hints[field])) for field in self.struct.__struct_fields__]


@cache
def load_texts() -> dict[str, QueryText]:
    """Every query, by name. A name that appears twice is a mistake in the files."""
    texts: dict[str, QueryText] = {}
    folder = files("runcast.store").joinpath("sql")
    clauses = {text.name: text.body for text in parse_texts(folder.joinpath(_CLAUSES).read_text("utf-8"), {})}
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if not file.name.endswith(".sql") or file.name == _CLAUSES:
            continue
        whole = CLAUSE.sub(lambda match: clauses[match[1]], file.read_text("utf-8"))
        for text in parse_texts(whole, _STRUCTS):
            assert text.name not in texts, f"two queries are named {text.name}"
            texts[text.name] = text
    return texts


def parse_texts(text: str, structs: Mapping[str, type[msgspec.Struct]]) -> list[QueryText]:
    """The queries of one file; `structs` are what their headers may promise. Raises `KeyError` for another."""
    headers = list(_HEADER.finditer(text))
    ends = [*(header.start() for header in headers[1:]), len(text)] if headers else []
    return [
        _parse(header[1], header[2], header[3], text[header.end() : end], structs)
        for header, end in zip(headers, ends, strict=True)
    ]


def _parse(
    name: str, returns: str | None, arity: str, body: str, structs: Mapping[str, type[msgspec.Struct]]
) -> QueryText:
    body = _COMMENTS.sub("", body.lstrip("\n")).strip().rstrip(";")
    if returns is None or returns in ("int", "str"):
        return QueryText(name, body, scalar=returns is not None)
    return QueryText(name, body, structs[returns], many=arity == "*")


def _is_nested(hint: Any) -> bool:
    """True for a column that holds JSON itself: a struct, a tuple or a dict."""
    arms = [arm for arm in typing.get_args(hint) if arm is not type(None)] if _is_union(hint) else [hint]
    return any(
        typing.get_origin(arm) in (tuple, list, dict) or (isinstance(arm, type) and issubclass(arm, msgspec.Struct))
        for arm in arms
    )


def _is_union(hint: Any) -> bool:
    import types

    return typing.get_origin(hint) in (typing.Union, types.UnionType)
