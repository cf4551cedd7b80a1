"""Batches over different tasks: `batch.trigger([enrich.item("python.org"), mail.item("ada")])`.

An item is made by `task.item(…)`, also with options, or by name with `tasks.item("enrich", {…})`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar, overload

from runcast.sdk import requests
from runcast.sdk.call import Call
from runcast.sdk.handle import BatchHandle
from runcast.sdk.item import BatchItem
from runcast.sdk.options import check_key
from runcast.sdk.result import Failed, Ok

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
T = TypeVar("T")


def trigger(items: Iterable[BatchItem[T]], *, key: str | None = None) -> Call[BatchHandle[T]]:
    """Run all items in one transaction; `key` is the journal key, inside a run.

    If one queue has no room for all of its items, nothing is stored and `Overloaded` is raised.

    >>> handle = await batch.trigger([enrich.item("python.org"), mail.item("ada")])  # doctest: +SKIP
    """
    return requests.batch_trigger([item.request for item in items], key=check_key(key, "key"))


@overload
def trigger_and_wait(
    items: tuple[BatchItem[A], BatchItem[B]], *, key: str | None = None
) -> Call[tuple[Ok[A] | Failed, Ok[B] | Failed]]: ...
@overload
def trigger_and_wait(
    items: tuple[BatchItem[A], BatchItem[B], BatchItem[C]], *, key: str | None = None
) -> Call[tuple[Ok[A] | Failed, Ok[B] | Failed, Ok[C] | Failed]]: ...
@overload
def trigger_and_wait(
    items: tuple[BatchItem[A], BatchItem[B], BatchItem[C], BatchItem[D]], *, key: str | None = None
) -> Call[tuple[Ok[A] | Failed, Ok[B] | Failed, Ok[C] | Failed, Ok[D] | Failed]]: ...
@overload
def trigger_and_wait(items: Iterable[BatchItem[T]], *, key: str | None = None) -> Call[tuple[Ok[T] | Failed, ...]]: ...
def trigger_and_wait(items: Iterable[BatchItem[Any]], *, key: str | None = None) -> Call[Any]:
    """Like `trigger`, and wait for all of them: a tuple of results in the order of the items, each of its task's type.

    >>> company, mailed = await batch.trigger_and_wait((enrich.item("python.org"), mail.item("ada")))  # doctest: +SKIP
    """
    return requests.batch_trigger_and_wait([item.request for item in items], key=check_key(key, "key"), into=tuple)
