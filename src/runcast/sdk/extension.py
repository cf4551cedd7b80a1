"""`Extension`: an app beside the engine, with tables, queries and transactions of its own in the engine's database."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import msgspec

from runcast.domain.errors import InvalidInput
from runcast.domain.ids import RunId
from runcast.domain.run import NewRun, Triggered
from runcast.domain.transaction import App, Ask, Publish, Start, Transaction
from runcast.sdk.fresh_ids import fresh_id
from runcast.sdk.named_transaction import NamedTransaction
from runcast.sdk.requests import new_run
from runcast.sdk.sealed_worker import sealed_run
from runcast.sdk.sealing import find_codec
from runcast.sdk.task import TaskDefinition, Triggerable

P = ParamSpec("P")
R = TypeVar("R")
Body = Callable[Concatenate["Tx", P], Transaction[R]]

ENTRY_POINTS = "runcast.extensions"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


class Tx:
    """One running transaction: what it does is committed together, or not at all.

    `now_ms` is the engine's time. Everything else is asked for with `yield from`.
    """

    def __init__(self, now_ms: int) -> None:
        self.now_ms = now_ms

    def query(self, name: str, /, **params: Any) -> Transaction[Any]:
        """Run one of the extension's named queries: `rows = yield from tx.query("open_items")`."""
        return (yield Ask(name, params))

    def publish(self, topic: str, key: str = "") -> Transaction[None]:
        """Tell who follows `topic` that `key` of it changed, with the commit."""
        yield Publish(topic, key)

    def start(self, run: NewRun) -> Transaction[RunId]:
        """Store a run as it is; `trigger_in` makes one from a task and its arguments."""
        codec = find_codec()
        answers: Sequence[Triggered] = yield Start((run if codec is None else sealed_run(codec, run),))
        return answers[0].id

    @staticmethod
    def new_id(prefix: str) -> str:
        """A new id that sorts by time, such as `item_0k7…`."""
        return fresh_id(prefix)


def trigger_in(tx: Tx, task: Triggerable[P, R], *args: P.args, **kwargs: P.kwargs) -> Transaction[RunId]:
    """Trigger in the transaction: the run is there exactly when the rest is. `task` may carry options.

    >>> run_id = yield from trigger_in(tx, remind.options(delay="1h"), "milk")  # doctest: +SKIP
    """
    request = task.item(*args, **kwargs).request
    return (yield from tx.start(new_run(request)))


class Extension:
    """An app: tasks, tables named `app_<name>_…` with their migrations, named queries, topics, transactions.

    `migrations` and `queries` are SQL texts, or folders with `.sql` files in order of their names. `rows` are the
    `msgspec.Struct`s that queries answer with. An applied migration never changes: add another.

    >>> todo = Extension("todo", topics=["items"])
    >>> todo.name
    'todo'
    """

    def __init__(
        self,
        name: str,
        *,
        tasks: Iterable[TaskDefinition[..., Any]] = (),
        migrations: Path | Sequence[str] = (),
        queries: Path | str = "",
        rows: Iterable[type[msgspec.Struct]] = (),
        topics: Iterable[str] = (),
    ) -> None:
        if not _NAME.fullmatch(name):
            raise InvalidInput(f"an extension's name has 1 to 40 small letters, digits and _, got {name!r}")
        self.name = name
        self.tasks = tuple(tasks)
        self.topics = tuple(topics)
        self._migrations = migrations
        self._queries = queries
        self._rows = tuple(rows)
        self._writes: dict[str, NamedTransaction[..., Any]] = {}
        self._reads: dict[str, NamedTransaction[..., Any]] = {}

    def __repr__(self) -> str:
        return f"<extension {self.name}>"

    def transaction(self, fn: Body[P, R]) -> NamedTransaction[P, R]:
        """Register a generator function that writes. It runs in the engine's one writer: keep it short, and let it touch
        nothing but `tx`, because it may be begun again.

        >>> @todo.transaction  # doctest: +SKIP
        ... def add(tx: Tx, title: str) -> Transaction[str]:
        ...     item = tx.new_id("item")
        ...     yield from tx.query("add_item", rows=[[item, title]])
        ...     return item
        """
        return self._register(fn, self._writes)

    def reading(self, fn: Body[P, R]) -> NamedTransaction[P, R]:
        """Register one that only reads: it runs beside the writer, and sees every commit acknowledged before."""
        return self._register(fn, self._reads)

    def _register(self, fn: Body[P, R], home: dict[str, NamedTransaction[..., Any]]) -> NamedTransaction[P, R]:
        named: NamedTransaction[P, R] = NamedTransaction(self.name, fn, Tx)
        if named.name in self._writes or named.name in self._reads:
            raise InvalidInput(f"extension {self.name!r} has two transactions named {named.name!r}")
        home[named.name] = named
        return named

    def app(self) -> App:
        """As the engine installs it."""
        return App(
            name=self.name,
            migrations=_read_migrations(self._migrations),
            queries=_read_queries(self._queries),
            rows=self._rows,
            topics=self.topics,
            writes={name: named.begin for name, named in self._writes.items()},
            reads={name: named.begin for name, named in self._reads.items()},
        )


def _read_migrations(given: Path | Sequence[str]) -> tuple[tuple[str, str], ...]:
    if isinstance(given, Path):
        return tuple((file.name, file.read_text("utf-8")) for file in _sql_files(given))
    return tuple((f"{number:04}", text) for number, text in enumerate(given, 1))


def _read_queries(given: Path | str) -> str:
    if isinstance(given, str):
        return given
    files = _sql_files(given) if given.is_dir() else [given]
    return "\n".join(file.read_text("utf-8") for file in files)


def _sql_files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.sql"))


def load_extensions(given: Iterable[str | Extension], *, installed: bool = True) -> list[Extension]:
    """Extensions by object or as `module:name`, and those of installed packages (entry points `runcast.extensions`).

    Raises `InvalidInput` for what is no extension.
    """
    found = [extension if isinstance(extension, Extension) else _load(extension) for extension in given]
    if installed:
        from importlib.metadata import entry_points  # 20 ms, which only engines and workers need

        found.extend(_load(point.value) for point in sorted(entry_points(group=ENTRY_POINTS)))
    return list(dict.fromkeys(found))


def _load(target: str) -> Extension:
    module, _, name = target.partition(":")
    try:
        found = getattr(importlib.import_module(module), name or "extension")
    except (ImportError, AttributeError) as error:
        raise InvalidInput(f"no extension {target!r}: {error}. Name it as module:object") from error
    if not isinstance(found, Extension):
        raise InvalidInput(f"{target!r} is a {type(found).__name__}, not an Extension")
    return found
