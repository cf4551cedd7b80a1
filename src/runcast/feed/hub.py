"""One reader of the feed for everybody who follows runs here: each change is read once, and handed to whoever wants it.

Those who follow hold what changed since they looked, run by run in its newest state: a slow one costs what it follows and
no more. The hub reads only while somebody follows, and a while longer, so that a client between two requests finds what
changed in memory.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from functools import partial

from runcast.domain.change import Change, ChangeKind
from runcast.domain.errors import EngineStopped, Unavailable
from runcast.domain.run import Run
from runcast.feed.doorbell import Doorbell
from runcast.store import reads
from runcast.store.store import Store

log = logging.getLogger("runcast.feed")
LINGER_S = 30.0
"""How long it reads on after the last one left."""
PAUSE_S = 0.010
"""Between two looks: what changes meanwhile is read in one go."""
RETRY_S = 0.5
REMEMBERED_MAX = 50_000
"""Topics whose last change is known without asking the database."""
PENDING_MAX = 2_000
"""Runs that one follower may have before it: with more it is told to read everything anew."""
_BROAD = ("runs:", "tag:", "batch:")
_UNKNOWN = 1 << 62


def run_topic(run_id: str) -> str:
    return f"run:{run_id}"


def tree_topic(root_id: str) -> str:
    """A root with everything below it."""
    return f"tree:{root_id}"


def batch_topic(batch_id: str) -> str:
    return f"batch:{batch_id}"


def tag_topic(environment: str, tag: str) -> str:
    return f"tag:{environment}:{tag}"


def runs_topic(environment: str) -> str:
    """Every run of an environment."""
    return f"runs:{environment}"


class RunNews:
    """A run that changed, as all who follow it share it: what one of them encodes, the others need not."""

    __slots__ = ("at", "encoded", "kinds", "run", "seq")

    def __init__(self, run: Run, seq: int, at: int, kinds: frozenset[ChangeKind]) -> None:
        self.run = run
        self.seq = seq
        """The feed's position of the newest change."""
        self.at = at
        """When that was, in engine ms."""
        self.kinds = kinds
        """What changed since it was handed out last."""
        self.encoded: dict[str, bytes] = {}

    def topics(self) -> list[str]:
        run = self.run
        batch = [] if run.batch_id is None else [batch_topic(run.batch_id)]
        tags = [tag_topic(run.environment, tag) for tag in run.tags]
        return [run_topic(run.id), tree_topic(run.root_id), runs_topic(run.environment), *batch, *tags]


class Following:
    """What one follower has before it. Close it, or use `with`."""

    def __init__(self, hub: Hub, topics: Iterable[str]) -> None:
        self._hub = hub
        self.topics = tuple(topics)
        self._bell = asyncio.Event()
        self._runs: dict[str, RunNews] = {}
        self._others: dict[tuple[str, str], Change] = {}
        self._is_reset = False
        hub.join(self)

    async def wait(self, timeout_s: float | None = None) -> bool:
        """Whether something changed within the time."""
        if timeout_s is None:
            await self._bell.wait()
            return True
        loop = asyncio.get_running_loop()
        timer = loop.call_later(timeout_s, self._bell.set)
        try:
            await self._bell.wait()
        finally:
            timer.cancel()
        if self.has_news:
            return True
        self._bell.clear()
        return False

    @property
    def has_news(self) -> bool:
        return bool(self._runs or self._others or self._is_reset)

    def take(self) -> tuple[list[RunNews], list[Change], bool]:
        """(runs in the order of their changes, changes of extensions' topics, whether to read everything anew)."""
        runs = sorted(self._runs.values(), key=lambda news: news.seq)
        found = runs, list(self._others.values()), self._is_reset
        self._runs, self._others, self._is_reset = {}, {}, False
        self._bell.clear()
        return found

    def put(self, news: RunNews) -> None:
        before = self._runs.pop(news.run.id, None)
        if before is not None:
            merged = RunNews(news.run, news.seq, news.at, news.kinds | before.kinds)
            merged.encoded = news.encoded
            news = merged
        elif len(self._runs) >= PENDING_MAX:
            self.reset()
            return
        self._runs[news.run.id] = news
        self._bell.set()

    def put_other(self, change: Change) -> None:
        if len(self._others) >= PENDING_MAX:
            self.reset()
            return
        self._others[change.root_id, change.run_id] = change
        self._bell.set()

    def reset(self) -> None:
        """Too much changed, or it was not heard of: everything is to be read anew."""
        self._runs.clear()
        self._others.clear()
        self._is_reset = True
        self._bell.set()

    def close(self) -> None:
        self._hub.leave(self)

    def __enter__(self) -> Following:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Hub:
    """Reads the feed of a store, on one loop. `stop` ends it."""

    def __init__(self, store: Store, doorbell: Doorbell) -> None:
        self._store = store
        self._doorbell = doorbell
        self._followers: dict[str, dict[Following, None]] = {}
        self._count = 0
        self._cursor = 0
        self._floor = 0
        """Everything after this is remembered in `_last`."""
        self._last: OrderedDict[str, int] = OrderedDict()
        self._broad = 0
        """How many follow by what only the run itself says: its tags, batch, environment."""
        self._broad_floor = 0
        """The same as `_floor`, for their topics."""
        self._tail: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self._left_at = 0.0

    @property
    def followers(self) -> int:
        return self._count

    async def follow(self, topics: Iterable[str]) -> Following:
        """Follow from now on: what is read of the store after this misses nothing that is not handed out."""
        following = Following(self, topics)
        try:
            await self._ready.wait()
        except BaseException:
            following.close()
            raise
        return following

    @property
    def cursor(self) -> int:
        """The feed's position up to which everything was handed out."""
        return self._cursor

    def changed_since(self, topics: Iterable[str], cursor: int) -> bool | None:
        """Whether any of the topics changed after a position; None: it is not remembered so far back."""
        asked = tuple(topics)
        floor = max(self._floor, self._broad_floor) if any(one.startswith(_BROAD) for one in asked) else self._floor
        if cursor < floor or not self._ready.is_set():
            return None
        return any(self._last.get(topic, 0) > cursor for topic in asked)

    def join(self, following: Following) -> None:
        for topic in following.topics:
            self._followers.setdefault(topic, {})[following] = None
            if topic.startswith(_BROAD):
                # A page that is being read may have been asked for without their runs.
                self._broad_floor = self._broad_floor if self._broad else _UNKNOWN
                self._broad += 1
        self._count += 1
        if self._tail is None or self._tail.done():
            self._ready.clear()
            self._tail = asyncio.create_task(self._read_on(), name="runcast-hub")

    def leave(self, following: Following) -> None:
        for topic in following.topics:
            followers = self._followers[topic]
            followers.pop(following, None)
            self._broad -= topic.startswith(_BROAD)
            if not followers:
                del self._followers[topic]
        self._count -= 1
        self._left_at = asyncio.get_running_loop().time()

    async def stop(self) -> None:
        if self._tail is not None:
            self._tail.cancel()
            await asyncio.gather(self._tail, return_exceptions=True)

    # --- the tail

    async def _read_on(self) -> None:
        loop = asyncio.get_running_loop()
        self._last.clear()
        with self._doorbell.listening() as rung:
            while True:
                try:
                    if not self._ready.is_set():
                        self._cursor = self._floor = self._broad_floor = await self._store.read(reads.newest_change)
                        self._ready.set()
                    rung.clear()
                    while await self._step():
                        pass
                except EngineStopped:
                    return
                except Unavailable as error:
                    log.warning("the live feed waits: %s", error)
                    await asyncio.sleep(RETRY_S)
                    continue
                await self._wait(rung)
                if self._count == 0 and loop.time() - self._left_at >= LINGER_S:
                    return
                await asyncio.sleep(PAUSE_S)

    async def _wait(self, rung: asyncio.Event) -> None:
        timer = asyncio.get_running_loop().call_later(LINGER_S, rung.set)
        try:
            await rung.wait()
        finally:
            timer.cancel()

    async def _step(self) -> bool:
        """Hand out one page; whether there may be more."""
        if self._broad and self._broad_floor == _UNKNOWN:
            self._broad_floor = self._cursor
        page = await self._store.read(partial(reads.news, self._cursor, self._is_wanted))
        if page.is_pruned:
            self._reset(page.cursor)
            return False
        self._hand_out(page.changes, page.runs)
        self._cursor = page.cursor
        return page.is_full

    def _is_wanted(self, change: Change) -> bool:
        """Whether the run of a change has to be read: its tags and batch are not known before."""
        followed = self._followers
        return bool(self._broad or run_topic(change.run_id) in followed or tree_topic(change.root_id) in followed)

    def _reset(self, cursor: int) -> None:
        self._cursor = self._floor = self._broad_floor = cursor
        self._last.clear()
        for following in {one: None for followers in self._followers.values() for one in followers}:
            following.reset()

    def _hand_out(self, changes: Sequence[Change], runs: Sequence[Run]) -> None:
        newest: dict[str, Change] = {}
        kinds: dict[str, set[ChangeKind]] = {}
        for change in changes:
            if change.kind is ChangeKind.TOPIC:
                for following in self._followers.get(change.root_id, ()):
                    following.put_other(change)
                continue
            newest[change.run_id] = change
            kinds.setdefault(change.run_id, set()).add(change.kind)
            self._remember(run_topic(change.run_id), change.seq)
            self._remember(tree_topic(change.root_id), change.seq)
        for run in runs:
            change = newest[run.id]
            news = RunNews(run, change.seq, change.at, frozenset(kinds[run.id]))
            heard: dict[Following, None] = {}
            for topic in news.topics():
                self._remember(topic, change.seq)
                heard.update(self._followers.get(topic, {}))
            for following in heard:
                following.put(news)

    def _remember(self, topic: str, seq: int) -> None:
        self._last[topic] = seq
        self._last.move_to_end(topic)
        while len(self._last) > REMEMBERED_MAX:
            _, forgotten = self._last.popitem(last=False)
            self._floor = max(self._floor, forgotten)
