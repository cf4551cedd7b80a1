"""Renders the named queries for SQLite: named parameters, JSON by `json_each` and `json_group_array`."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import msgspec

from runcast.store.query import ARRAY, EACH, FIELD, PLAIN, ROWS, VALUES, QueryText, load_texts

VALUES_CHUNKS = (64, 16, 4, 1)
"""Rows per insert statement: few distinct texts, so that each stays prepared."""


class Query(msgspec.Struct, frozen=True):
    """One statement for SQLite."""

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
    """Every query, by name."""
    return {name: render(text) for name, text in load_texts().items()}


def render(text: QueryText) -> Query:
    """The statement for `text`."""
    body = _macros(text.body)
    if (values := text.values_param) is not None:
        return Query(text.name, VALUES.sub("\0", body), values_param=values, columns=len(text.target[1]))
    params = tuple(match[1] for match in ROWS.finditer(body))
    sql = ROWS.sub(_rows, body)
    if text.struct is None:
        return Query(text.name, sql, params, scalar=text.scalar)
    picked = f"json_group_array({_json_row(text)})" if text.many else _json_row(text)
    return Query(text.name, f"select {picked} from ({sql})", params, many=text.many, decoder=text.decoder)


def _macros(body: str) -> str:
    body = body.replace("{greatest}", "max")
    body = PLAIN.sub(r"+\1", body)
    body = EACH.sub(r"json_each(\1)", body)
    body = ARRAY.sub(r"json_group_array(\1)", body)
    return FIELD.sub(r"\1 -> '$.\2'", body)


def _rows(match: re.Match[str]) -> str:
    names = [column.split()[0] for column in match[2].split(",")]
    picks = ", ".join(f"value ->> {index} as {name}" for index, name in enumerate(names))
    return f"(select {picks} from json_each(:{match[1]}))"


def _json_row(text: QueryText) -> str:
    """SQL that makes one row the JSON of its struct."""
    columns = [(name, f"json({name})" if nested else name) for name, nested in text.fields()]
    assert text.struct is not None
    if text.struct.__struct_config__.array_like:
        return f"json_array({', '.join(column for _, column in columns)})"
    pairs = ", ".join(f"'{name}', {column}" for name, column in columns)
    return f"json_object({pairs})"
