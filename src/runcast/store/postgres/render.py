"""Renders the named queries for PostgreSQL: numbered parameters, JSON by `jsonb_array_elements` and `json_agg`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from runcast.store.query import ARRAY, EACH, FIELD, PLAIN, ROWS, VALUES, QueryText

_PARAMETER = re.compile(r"(?<![:\w]):([a-z_]\w*)")

Columns = Mapping[tuple[str, str], str]
"""The type of each column, by table and name."""


class Query(msgspec.Struct, frozen=True):
    """One statement for PostgreSQL."""

    name: str
    sql: str
    params: tuple[str, ...]
    """In the order of their numbers."""
    json_params: frozenset[str] = frozenset()
    """Parameters that are sent as JSON text."""
    scalar: bool = False
    decoder: msgspec.json.Decoder[Any] | None = None


def render(text: QueryText, columns: Columns) -> Query:
    """The statement for `text`, on a database with these columns."""
    body = _macros(text.body)
    json_params = {match[1] for match in ROWS.finditer(body)}
    body = ROWS.sub(_rows, body)
    if (values := text.values_param) is not None:
        json_params.add(values)
        body = VALUES.sub(_values(text, columns), body)
    if text.struct is not None:
        body = _as_json(text, body)
    sql, params = _numbered(body)
    return Query(text.name, sql, params, frozenset(json_params), text.scalar, text.decoder)


def _macros(body: str) -> str:
    body = body.replace("{greatest}", "greatest")
    body = PLAIN.sub(r"greatest(\1)", body)
    body = EACH.sub(r"lateral (select element as value from jsonb_array_elements_text((\1)::jsonb) element)", body)
    body = ARRAY.sub(r"coalesce(json_agg(\1), '[]')::text", body)
    return FIELD.sub(r"((\1)::json -> '\2')::text", body)


def _rows(match: re.Match[str]) -> str:
    columns = [column.split() for column in match[2].split(",")]
    picks = ", ".join(f"(row ->> {index})::{kind} as {name}" for index, (name, kind) in enumerate(columns))
    return f"(select {picks} from jsonb_array_elements(:{match[1]}::jsonb) row)"


def _values(text: QueryText, columns: Columns) -> str:
    table, names = text.target
    picks = ", ".join(_typed(f"row ->> {index}", columns[table, name.strip('"')]) for index, name in enumerate(names))
    # In the order of the list: identities are given in it.
    return f"select {picks} from jsonb_array_elements(:{text.values_param}::jsonb) row where true"


def _typed(value: str, kind: str) -> str:
    return f"decode({value}, 'base64')" if kind == "bytea" else f"({value})::{kind}"


def _as_json(text: QueryText, body: str) -> str:
    """The rows as one JSON document."""
    columns = [(name, f"q.{name}::json" if nested else f"q.{name}") for name, nested in text.fields()]
    assert text.struct is not None
    if text.struct.__struct_config__.array_like:
        row = f"json_build_array({', '.join(column for _, column in columns)})"
        source = f"({body}) q"
    else:
        picked = ", ".join(f"{column} as {name}" for name, column in columns)
        row = "row_to_json(r)"
        source = f"(select {picked} from ({body}) q) r"
    if text.many:
        return f"select coalesce(json_agg({row}), '[]')::text from {source}"
    return f"select {row}::text from {source}"


def _numbered(body: str) -> tuple[str, tuple[str, ...]]:
    names: list[str] = []

    def number(match: re.Match[str]) -> str:
        if match[1] not in names:
            names.append(match[1])
        return f"${names.index(match[1]) + 1}"

    return _PARAMETER.sub(number, body), tuple(names)
