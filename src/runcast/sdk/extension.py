"""`Extension`: an app beside the engine, with tables, queries and transactions of its own in the engine's database."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

import msgspec

from runcast.domain.access import check_environment
from runcast.domain.errors import InvalidInput
from runcast.domain.ids import RunId
from runcast.domain.nav import NavItem
from runcast.domain.run import NewRun, Triggered
from runcast.domain.transaction import App, Ask, Publish, Start, Transaction
from runcast.sdk.fresh_ids import fresh_id
from runcast.sdk.item import BatchItem
from runcast.sdk.named_transaction import NamedTransaction
from runcast.sdk.requests import new_run
from runcast.sdk.sealed_worker import sealed_run
from runcast.sdk.sealing import find_codec
from runcast.sdk.task import TaskDefinition, Triggerable

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

P = ParamSpec("P")
R = TypeVar("R")
Body = Callable[Concatenate["Tx", P], Transaction[R]]

ENTRY_POINTS = "runcast.extensions"
_PACKAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


class Tx:
    """One running transaction: what it does is committed together, or not at all.

    `now_ms` is the engine's time. Everything else is asked for with `yield from`.
    """

    def __init__(self, now_ms: int, environment: str | None = None) -> None:
        self.now_ms = now_ms
        self._environment = environment

    def within(self, environment: str) -> Tx:
        """The same transaction; what is triggered with it is of `environment`, wherever the engine itself is.

        >>> run_id = yield from trigger_in(tx.within("prod"), remind, "milk")  # doctest: +SKIP
        """
        return Tx(self.now_ms, check_environment(environment))

    def query(self, name: str, /, **params: Any) -> Transaction[Any]:
        """Run one of the extension's named queries: `rows = yield from tx.query("open_items")`."""
        return (yield Ask(name, params))

    def publish(self, topic: str, key: str = "") -> Transaction[None]:
        """Tell who follows `topic` that `key` of it changed, with the commit."""
        yield Publish(topic, key)

    def start(self, run: NewRun) -> Transaction[RunId]:
        """Store a run as it is; `trigger_in` makes one from a task and its arguments."""
        return (yield from self.start_all([run]))[0]

    def start_all(self, runs: Iterable[NewRun]) -> Transaction[list[RunId]]:
        """Store many runs at once, up to 10,000; `batch_trigger_in` makes them from items."""
        codec, environment = find_codec(), self._environment
        placed = [run if environment is None else msgspec.structs.replace(run, environment=environment) for run in runs]
        answers: Sequence[Triggered] = yield Start(
            tuple(placed if codec is None else (sealed_run(codec, run) for run in placed))
        )
        return [answer.id for answer in answers]

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


def batch_trigger_in(tx: Tx, items: Iterable[BatchItem[Any]]) -> Transaction[list[RunId]]:
    """Trigger many in the transaction, in one go; the ids are in the order of the items.

    >>> ids = yield from batch_trigger_in(tx, [remind.item(title) for title in titles])  # doctest: +SKIP
    """
    return (yield from tx.start_all([new_run(item.request) for item in items]))


class Extension:
    """An app: tasks, tables named `app_<name>_…` with their migrations, named queries, topics, transactions.

    `migrations` and `queries` are SQL texts, or folders with `.sql` files in order of their names. `rows` are the
    `msgspec.Struct`s that queries answer with. An applied migration never changes: add another.
    `routes` are Litestar handlers, served below `/api/<name>`, or where they are (`"shop.routes:ROUTES"`), so that they
    are imported only where HTTP is served. `nav` are its places in the dashboard's navigation.

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
        routes: Sequence[Any] | str | None = None,
        nav: Iterable[NavItem] = (),
    ) -> None:
        if not _NAME.fullmatch(name):
            raise InvalidInput(f"an extension's name has 1 to 40 small letters, digits and _, got {name!r}")
        self.name = name
        self.tasks = tuple(tasks)
        self.topics = tuple(topics)
        self._migrations = migrations
        self._queries = queries
        self._rows = tuple(rows)
        self._routes = routes
        self._nav = tuple(nav)
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
            routes=None if self._routes is None else self._find_routes,
            nav=self._nav,
        )

    def _find_routes(self) -> Sequence[Any]:
        assert self._routes is not None
        found = _find(self._routes, "routes") if isinstance(self._routes, str) else self._routes
        return tuple(found)


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

        points = sorted(entry_points(group=ENTRY_POINTS))
        found.extend(_load(f"{point.module}:{point.attr}") for point in points if _has_extras(point))
    return list(dict.fromkeys(found))


def _has_extras(point: EntryPoint) -> bool:
    """Whether what an entry point such as `shop.todo:todo [web]` needs is there: the packages of those extras."""
    from importlib.metadata import PackageNotFoundError, version

    wanted = point.dist.requires if point.dist is not None and point.extras else None
    for requirement in wanted or ():
        name, _, marker = requirement.partition(";")
        if any(f"extra == {quote}{extra}{quote}" in marker for extra in point.extras for quote in "'\""):
            try:
                version(_PACKAGE.match(name.strip())[0])  # type: ignore[index]  # every requirement begins with a name
            except PackageNotFoundError:
                return False
    return True


def _load(target: str) -> Extension:
    found = _find(target, "extension")
    if not isinstance(found, Extension):
        raise InvalidInput(f"{target!r} is a {type(found).__name__}, not an Extension")
    return found


def _find(target: str, name: str) -> Any:
    """What `module:name` names; `name` unless it says one. Raises `InvalidInput`."""
    module, _, said = target.partition(":")
    try:
        return getattr(importlib.import_module(module), said or name)
    except (ImportError, AttributeError) as error:
        raise InvalidInput(f"no {name} {target!r}: {error}. Name it as module:object") from error
