"""Pages of lists, as clients ask for them: by cursor (`page[size]`, `page[after]`, `page[before]`), or by number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, TypeVar

import msgspec
from litestar.params import QueryParameter
from msgspec import UNSET, UnsetType

from runcast.domain.errors import InvalidInput

T = TypeVar("T")

PAGE_SIZE = 25
PAGE_SIZE_MAX = 100
PAGE_NUMBER_MAX = 1_000_000
CURSOR_CHARS_MAX = 200

Size = Annotated[int, QueryParameter(name="page[size]", ge=1, le=PAGE_SIZE_MAX, description="Rows of a page.")]
After = Annotated[
    str | None,
    QueryParameter(
        name="page[after]", max_length=CURSOR_CHARS_MAX, description="`pagination.next` of the page before."
    ),
]
Before = Annotated[
    str | None,
    QueryParameter(
        name="page[before]", max_length=CURSOR_CHARS_MAX, description="`pagination.previous` of the page after."
    ),
]
Page = Annotated[int, QueryParameter(name="page", ge=1, le=PAGE_NUMBER_MAX, description="From 1 on.")]
PerPage = Annotated[int, QueryParameter(name="perPage", ge=1, le=PAGE_SIZE_MAX, description="Rows of a page.")]


class Cursors(msgspec.Struct, frozen=True):
    """Where the neighbors of a page are; absent: there is none."""

    next: str | UnsetType = UNSET
    previous: str | UnsetType = UNSET


class Numbers(msgspec.Struct, frozen=True, rename="camel"):
    """Which page of how many, and how many rows there are in all."""

    current_page: int
    total_pages: int
    count: int


def check_cursors(after: str | None, before: str | None) -> None:
    """Raises `InvalidInput` for both at once."""
    if after is not None and before is not None:
        raise InvalidInput("page[after] and page[before] say different things: give one of them")


def cursors(ids: Sequence[str], *, newer: bool, older: bool) -> Cursors:
    """Of a page of things with these ids."""
    if not ids:
        return Cursors()
    return Cursors(ids[-1] if older else UNSET, ids[0] if newer else UNSET)


def numbers(page: int, per_page: int, count: int) -> Numbers:
    """Of a list of so many rows.

    >>> numbers(1, 25, 26)
    Numbers(current_page=1, total_pages=2, count=26)
    """
    return Numbers(page, -(-count // per_page), count)


def cut(rows: Sequence[T], page: int, per_page: int) -> tuple[T, ...]:
    """One page of a list that is here as a whole."""
    return tuple(rows[(page - 1) * per_page : page * per_page])
