"""Loads the named queries of `sql/*.sql` and renders their two macros for SQLite.

A query starts with a header and continues to the next one:

    -- name: find_run -> Run?          at most one row, as that struct
    -- name: ready_runs -> ReadyRun*   any number of rows
    -- name: count_slots -> int        the first column of the first row (or None)
    -- name: touch_runs                no result

Macros: `{rows :rows (id text, epoch bigint)}` is a table of the list of lists `rows`, sent as one JSON parameter;
`insert into t (a, b) {values :rows}` inserts the list of lists in chunks. Rows come back as one JSON document, built by
the database and decoded straight into structs: a batch then costs one release of the interpreter's lock, not one a row
(ADR 0003).
"""

from __future__ import annotations

import re
import typing
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

from runcast.domain.alert import AlertEvent
from runcast.domain.effect import Artifact, Log, Part
from runcast.domain.journal import Entry, Wait
from runcast.domain.message import Message
from runcast.domain.queue import QueueState
from runcast.domain.run import End, Run
from runcast.domain.schedule import ScheduleState, Tick
from runcast.store import rows

VALUES_CHUNKS = (64, 16, 4, 1)
"""Rows per insert statement: few distinct texts, so that each stays prepared."""

_HEADER = re.compile(r"^-- name: (\w+)(?: -> (\w+)([?*]?))?$", re.MULTILINE)
_ROWS = re.compile(r"\{rows :(\w+) \(([^)]*)\)\}")
_VALUES = re.compile(r"\{values :(\w+)\}")
_INSERT_COLUMNS = re.compile(r"insert(?: or \w+)? into \w+ \(([^)]*)\)")
_STRUCTS: dict[str, type[msgspec.Struct]] = {
    **{name: row for name, row in vars(rows).items() if isinstance(row, type) and issubclass(row, msgspec.Struct)},
    **{
        row.__name__: row
        for row in (Run, End, Entry, Wait, QueueState, Log, Part, Artifact, Message, AlertEvent, ScheduleState, Tick)
    },
}


class Query(msgspec.Struct, frozen=True):
    """One statement, rendered for SQLite."""

    name: str
    sql: str
    """For an insert with `{values}`: the text up to and after the values, split at the macro."""
    json_params: tuple[str, ...] = ()
    """Parameters that are sent as JSON text."""
    values_param: str | None = None
    columns: int = 0
    many: bool = False
    scalar: bool = False
    decoder: msgspec.json.Decoder[Any] | None = None

    def insert_sql(self, count: int) -> str:
        """The text that inserts `count` rows at once."""
        return _insert_sql(self.sql, self.columns, count)


@cache
def _insert_sql(sql: str, columns: int, count: int) -> str:
    row = "(" + ",".join("?" * columns) + ")"
    return sql.replace("\0", "values " + ",".join([row] * count))


@cache
def load_queries() -> dict[str, Query]:
    """Every query, by name. A name that appears twice is a mistake in the files."""
    queries: dict[str, Query] = {}
    for file in sorted(files("runcast.store").joinpath("sql").iterdir(), key=lambda file: file.name):
        if not file.name.endswith(".sql"):
            continue
        for query in parse_queries(file.read_text("utf-8"), _STRUCTS):
            assert query.name not in queries, f"two queries are named {query.name}"
            queries[query.name] = query
    return queries


def parse_queries(text: str, structs: Mapping[str, type[msgspec.Struct]]) -> list[Query]:
    """The queries of one file; `structs` are what their headers may promise. Raises `KeyError` for another."""
    headers = list(_HEADER.finditer(text))
    ends = [*(header.start() for header in headers[1:]), len(text)] if headers else []
    return [
        _render(header[1], header[2], header[3], text[header.end() : end].strip().rstrip(";"), structs)
        for header, end in zip(headers, ends, strict=True)
    ]


def _render(
    name: str, returns: str | None, arity: str, body: str, structs: Mapping[str, type[msgspec.Struct]]
) -> Query:
    if values := _VALUES.search(body):
        columns = _INSERT_COLUMNS.search(body)
        assert columns, f"{name}: {{values}} needs an insert with a column list"
        return Query(name, _VALUES.sub("\0", body), values_param=values[1], columns=columns[1].count(",") + 1)
    params = tuple(match[1] for match in _ROWS.finditer(body))
    sql = _ROWS.sub(_render_rows, body)
    if returns is None:
        return Query(name, sql, params)
    if returns in ("int", "str"):
        return Query(name, sql, params, scalar=True)
    struct = structs[returns]
    if arity == "*":
        wrapped = f"select json_group_array({_json_row(struct)}) from ({sql})"
        return Query(name, wrapped, params, many=True, decoder=msgspec.json.Decoder(list[struct], strict=False))  # type: ignore[valid-type]
    wrapped = f"select {_json_row(struct)} from ({sql})"
    return Query(name, wrapped, params, decoder=msgspec.json.Decoder(struct, strict=False))


def _render_rows(match: re.Match[str]) -> str:
    names = [column.split()[0] for column in match[2].split(",")]
    picks = ", ".join(f"value ->> {index} as {name}" for index, name in enumerate(names))
    return f"(select {picks} from json_each(:{match[1]}))"


def _json_row(struct: type[msgspec.Struct]) -> str:
    """SQL that makes one row the JSON of `struct`; columns are found by the fields' names."""
    hints = typing.get_type_hints(struct)
    columns = [f"json({field})" if _is_nested(hints[field]) else field for field in struct.__struct_fields__]
    if struct.__struct_config__.array_like:
        return f"json_array({', '.join(columns)})"
    pairs = ", ".join(f"'{field}', {column}" for field, column in zip(struct.__struct_fields__, columns, strict=True))
    return f"json_object({pairs})"


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
