"""Runs transactions of extensions in the store's one writer, by name."""

from __future__ import annotations

from functools import partial
from typing import assert_never

from runcast.domain.errors import InvalidInput, NotFound
from runcast.domain.limits import BATCH_RUNS_MAX, KEY_CHARS_MAX, PAYLOAD_BYTES_MAX
from runcast.domain.transaction import App, Ask, Begin, Operation, Publish, Start, topic_id
from runcast.engine.enqueue import check, check_json
from runcast.store import changes
from runcast.store.enqueue import enqueue
from runcast.store.script import Call, Script, call
from runcast.store.store import Store

Mark = tuple[str, str]
"""The run and the journal key on whose behalf it happens: once."""


class Extensions:
    """What is installed in this engine."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._apps: dict[str, App] = {}

    @property
    def installed(self) -> tuple[App, ...]:
        """In the order in which they came."""
        return tuple(self._apps.values())

    def get(self, name: str) -> App:
        """Raises `NotFound`."""
        app = self._apps.get(name)
        if app is None:
            known = ", ".join(sorted(self._apps)) or "none"
            raise NotFound(f"no extension {name!r} is installed in this engine (installed: {known})")
        return app

    async def install(self, app: App) -> None:
        """Bring its tables up to date and know its transactions. Raises `InvalidInput`, `Unavailable`."""
        if app.name in self._apps:
            raise InvalidInput(f"two extensions are named {app.name!r}")
        await self._store.install(app)
        self._apps[app.name] = app

    async def transact(self, extension: str, name: str, arguments: str, mark: Mark | None) -> str:
        """Run a registered transaction. Raises `NotFound`, and whatever it raises: then nothing of it is kept."""
        app = self.get(extension)
        check_json("arguments", arguments, PAYLOAD_BYTES_MAX)
        now = self._store.clock.now_ms()
        if (begin := app.writes.get(name)) is not None:
            return await self._store.write(partial(_write, app, begin, arguments, mark, now))
        if (begin := app.reads.get(name)) is not None:
            return await self._store.read(partial(_run, app, begin, arguments, now))
        raise NotFound(f"extension {extension!r} has no transaction {name!r}")


def _write(app: App, begin: Begin, arguments: str, mark: Mark | None, now: int) -> Script[str]:
    if mark is not None:
        known: str | None = yield call("transacted", run_id=mark[0], key=mark[1])
        if known is not None:
            return known
    result = yield from _run(app, begin, arguments, now)
    if mark is not None:
        yield call("add_transacted", rows=[(*mark, result)])
    return result


def _run(app: App, begin: Begin, arguments: str, now: int) -> Script[str]:
    transaction = begin(now, arguments)
    answer: object = None
    while True:
        try:
            operation = transaction.send(answer)
        except StopIteration as end:
            result: str = end.value
            return result
        answer = yield from _operate(app, operation, now)


def _operate(app: App, operation: Operation, now: int) -> Script[object]:
    match operation:
        case Ask():
            answer: object = yield Call(f"{app.name}.{operation.name}", operation.params)
            return answer
        case Start():
            if len(operation.runs) > BATCH_RUNS_MAX:
                raise InvalidInput(f"{len(operation.runs):,} runs at once, the limit is {BATCH_RUNS_MAX:,}")
            for run in operation.runs:
                check(run)
            return (yield from enqueue(operation.runs, now))
        case Publish():
            yield from _publish(app, operation, now)
            return None
    assert_never(operation)


def _publish(app: App, news: Publish, now: int) -> Script[None]:
    if news.topic not in app.topics:
        raise InvalidInput(f"extension {app.name!r} declares no topic {news.topic!r} (topics: {', '.join(app.topics)})")
    if len(news.key) > KEY_CHARS_MAX:
        raise InvalidInput(f"what changed of topic {news.topic!r} is named in at most {KEY_CHARS_MAX:,} characters")
    yield from changes.append([(news.key, topic_id(f"{app.name}.{news.topic}"), 0, "topic", "", now)])
