"""One reader of the feed for everybody who follows runs here: each change is read once, and handed to whoever wants it.

Those who follow hold what changed since they looked, run by run in its newest state: a slow one costs what it follows and
no more. The hub reads only while somebody follows, and a while longer, so that a client between two requests finds what
changed in memory.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

from runcast.domain.change import Change, ChangeKind
from runcast.domain.errors import EngineStopped, Unavailable
from runcast.domain.run import Run
from runcast.feed.doorbell import Doorbell
from runcast.feed.following import WIDE, Following, RunNews, narrow_topics, run_topic, tree_topic, wide_topics
from runcast.feed.recent import TOPICS_MAX, Recent
from runcast.store import news
from runcast.store.store import Store

log = logging.getLogger("runcast.feed")
LINGER_S = 30.0
"""How long it reads on after the last one left."""
PAUSE_S = 0.005
"""Between two looks: what changes meanwhile is read in one go."""
RETRY_S = 0.5
NEWEST_MAX = 1_000
"""Runs that are kept in memory as they were handed out last."""
LOOK_BACK = 5_000
"""Changes that it reads when it begins, so that clients of a server that was restarted find them in memory."""


_WITHIN = frozenset({ChangeKind.STATUS, ChangeKind.JOURNAL})
"""Kinds of changes by which something within a run may have changed."""


class Hub:
    """Reads the feed of a store, on one loop. `stop` ends it."""

    def __init__(self, store: Store, doorbell: Doorbell) -> None:
        self._store = store
        self._doorbell = doorbell
        self._followers: dict[str, dict[Following, None]] = {}
        self._count = 0
        self._traced: Counter[str] = Counter()
        """How many want to hear what changes within runs, by the roots of their trees."""
        self._cursor = 0
        self._recent = Recent()
        self._recent_shown = Recent()
        self._wide_recent = Recent()
        self._wide_recent_shown = Recent()
        self._wide = 0
        """How many follow by what only the run itself says: its tags, batch, environment."""
        self._is_wide = False
        """Runs of all changes are read."""
        self._wide_until = 0.0
        self._streams: dict[str, tuple[str, ...]] = {}
        """All streams of runs that were read, as of the hub's position."""
        self._newest: OrderedDict[str, RunNews] = OrderedDict()
        """Runs that changed last, as they were handed out."""
        self._tail: asyncio.Task[None] | None = None
        self._rung: asyncio.Event | None = None
        self._ready = asyncio.Event()
        self._left_at = 0.0
        self._is_stopped = False

    @property
    def followers(self) -> int:
        return self._count

    @property
    def cursor(self) -> int:
        """The feed's position up to which everything was handed out."""
        return self._cursor

    async def follow(
        self,
        topics: Iterable[str],
        wake: Callable[[], None],
        *,
        shown_only: bool = False,
        traced: Iterable[str] = (),
    ) -> Following:
        """Follow from now on: what is read of the store after this misses nothing that is not handed out.

        `traced`: roots of trees of which what changes within the runs comes, too.
        """
        following = Following(self, topics, wake, shown_only=shown_only, traced=traced)
        self._join(following)
        if not self._ready.is_set():
            try:
                await self._ready.wait()
            except BaseException:
                following.close()
                raise
            # What it read of the past.
            following.take()
        if self._is_stopped:
            following.end()
        return following

    def changed_since(self, topics: Sequence[str], cursor: int, *, shown_only: bool = False) -> bool | None:
        """Whether any of the topics changed after a position, asked by one who follows them; None: it is not known."""
        wide = [topic for topic in topics if topic.startswith(WIDE)]
        if not self._ready.is_set() or (wide and not self._is_wide) or cursor > self._cursor:
            # A position that is not read yet may be one of a database that was replaced.
            return None
        narrow = [topic for topic in topics if not topic.startswith(WIDE)]
        found = [
            recent.changed(those, cursor)
            for those, recent in (
                (narrow, self._recent_shown if shown_only else self._recent),
                (wide, self._wide_recent_shown if shown_only else self._wide_recent),
            )
            if those
        ]
        return True if True in found else None if None in found else False

    def newest(self, run_id: str) -> RunNews | None:
        """A run as it is after its last change, if that was handed out lately; with all its streams, if it has any."""
        return self._newest.get(run_id)

    async def stop(self) -> None:
        """Read no more; whoever follows is told that nothing will come."""
        self._is_stopped = True
        if self._tail is not None:
            self._tail.cancel()
            await asyncio.gather(self._tail, return_exceptions=True)
        self._end()

    # --- followers

    def _join(self, following: Following) -> None:
        for topic in following.topics:
            self._followers.setdefault(topic, {})[following] = None
            self._wide += topic.startswith(WIDE)
        self._count += 1
        self._traced.update(following.traced)
        if self._is_stopped:
            return
        if self._tail is None or self._tail.done():
            self._ready.clear()
            self._tail = asyncio.create_task(self._read_on(), name="runcast-hub")
        elif self._wide and not self._is_wide and self._rung is not None:
            self._rung.set()

    def leave(self, following: Following) -> None:
        now = asyncio.get_running_loop().time()
        for topic in following.topics:
            followers = self._followers[topic]
            followers.pop(following, None)
            if topic.startswith(WIDE):
                self._wide -= 1
                self._wide_until = now + LINGER_S
            if not followers:
                del self._followers[topic]
        self._count -= 1
        self._traced -= Counter(following.traced)
        self._left_at = now

    def _everybody(self) -> list[Following]:
        return list({one: None for followers in self._followers.values() for one in followers})

    def _end(self) -> None:
        self._ready.set()
        for following in self._everybody():
            following.end()

    def _reset(self, cursor: int) -> None:
        self._cursor = cursor
        self._newest.clear()
        self._streams.clear()
        for recent in (self._recent, self._recent_shown, self._wide_recent, self._wide_recent_shown):
            recent.begin(cursor)
        for following in self._everybody():
            following.reset()

    # --- the tail

    async def _read_on(self) -> None:
        loop = asyncio.get_running_loop()
        with self._doorbell.listening() as rung:
            self._rung = rung
            while True:
                try:
                    if not self._ready.is_set():
                        await self._begin()
                    looked_at = loop.time()
                    rung.clear()
                    while await self._step():
                        pass
                    self._ready.set()
                except EngineStopped:
                    self._is_stopped = True
                    self._end()
                    return
                except Unavailable as error:
                    log.warning("the live feed waits: %s", error)
                    await asyncio.sleep(RETRY_S)
                    continue
                except Exception:
                    # Whoever follows would wait for ever if this ended.
                    log.exception("the live feed failed, and tries again")
                    await asyncio.sleep(RETRY_S)
                    continue
                await _within(rung, LINGER_S)
                if self._count == 0 and loop.time() - self._left_at >= LINGER_S:
                    return
                # The first change after a while is read at once.
                await asyncio.sleep(max(0.0, looked_at + PAUSE_S - loop.time()))

    async def _begin(self) -> None:
        oldest, newest = await self._store.read(news.span)
        self._is_wide = False
        self._reset(max(oldest - 1, newest - LOOK_BACK, 0))
        for following in self._everybody():
            following.take()

    async def _step(self) -> bool:
        """Hand out one page; whether there may be more."""
        self._look_wide()
        page = await self._store.read(partial(news.news, self._cursor, self._is_wanted, self._streams, self._is_traced))
        if page.is_pruned:
            self._reset(page.cursor)
            return False
        self._hand_out(await self._completed(page))
        self._cursor = page.cursor
        return page.is_full

    async def _completed(self, page: news.News) -> news.News:
        """With the runs of those who began to follow while the page was read."""
        asked = {run.id for run in page.runs}
        while True:
            self._look_wide()
            wanted = [change for change in page.changes if change.run_id not in asked and self._is_wanted(change)]
            traced = [change for change in page.changes if change.run_id not in page.parts and self._is_traced(change)]
            if not wanted and not traced:
                return page
            asked.update(change.run_id for change in wanted)
            page = await self._store.read(partial(news.completed, page, wanted, self._streams, traced))

    def _look_wide(self) -> None:
        wide = self._wide > 0 or asyncio.get_running_loop().time() < self._wide_until
        if wide and not self._is_wide:
            self._wide_recent.begin(self._cursor)
            self._wide_recent_shown.begin(self._cursor)
        self._is_wide = wide

    def _is_wanted(self, change: Change) -> bool:
        """Whether the run of a change has to be read: its tags and batch are not known before."""
        followed = self._followers
        if change.kind is ChangeKind.TOPIC:
            return False
        return self._is_wide or run_topic(change.run_id) in followed or tree_topic(change.root_id) in followed

    def _is_traced(self, change: Change) -> bool:
        """Whether somebody wants to hear what changed within the run."""
        return change.root_id in self._traced and change.kind in _WITHIN

    def _hand_out(self, page: news.News) -> None:
        newest: dict[str, Change] = {}
        kinds: dict[str, set[ChangeKind]] = {}
        for change in page.changes:
            if change.kind is ChangeKind.TOPIC:
                self._hand_out_topic(change)
                continue
            newest[change.run_id] = change
            kinds.setdefault(change.run_id, set()).add(change.kind)
        fresh = self._new_streams(page.streams, kinds)
        read: dict[str, Run] = {run.id: run for run in page.runs}
        for run_id, change in newest.items():
            run = read.get(run_id)
            if run is None:
                self._remember_unread(change, kinds[run_id])
            else:
                told = frozenset(kinds[run_id])
                self._tell(RunNews(run, change.seq, change.at, told, fresh.get(run_id), page.parts.get(run_id)))

    def _hand_out_topic(self, change: Change) -> None:
        self._recent.put(change.root_id, change.seq)
        for following in list(self._followers.get(change.root_id, ())):
            following.put_other(change)

    def _new_streams(
        self, streams: Mapping[str, tuple[str, ...]], kinds: Mapping[str, set[ChangeKind]]
    ) -> dict[str, tuple[str, ...]]:
        """Of the runs that got a part, those for which it is the first of a stream."""
        fresh = {
            run_id: names
            for run_id, names in streams.items()
            if ChangeKind.STREAM in kinds[run_id] and self._streams.get(run_id) != names
        }
        if len(self._streams) + len(streams) > TOPICS_MAX:
            self._streams.clear()
        self._streams.update(streams)
        return fresh

    def _remember_unread(self, change: Change, kinds: set[ChangeKind]) -> None:
        """Of a run that nobody wanted when it was read: whoever asks later had better look."""
        self._newest.pop(change.run_id, None)
        if ChangeKind.STREAM in kinds:
            self._streams.pop(change.run_id, None)
        for topic in (run_topic(change.run_id), tree_topic(change.root_id)):
            self._recent.put(topic, change.seq)
            self._recent_shown.put(topic, change.seq)

    def _tell(self, told: RunNews) -> None:
        narrow = narrow_topics(told.run)
        wide = wide_topics(told.run) if self._is_wide else []
        heard: dict[Following, None] = {}
        for topics, recent, shown in (
            (narrow, self._recent, self._recent_shown),
            (wide, self._wide_recent, self._wide_recent_shown),
        ):
            for topic in topics:
                recent.put(topic, told.seq)
                if told.is_shown:
                    shown.put(topic, told.seq)
                heard.update(self._followers.get(topic, {}))
        for following in heard:
            following.put(told)
        self._keep(told)

    def _keep(self, told: RunNews) -> None:
        run_id = told.run.id
        streams = self._streams.get(run_id)
        self._newest.pop(run_id, None)
        if streams is None:
            return
        if streams and streams != told.streams:
            told = RunNews(told.run, told.seq, told.at, told.kinds, streams)
        self._newest[run_id] = told
        if len(self._newest) > NEWEST_MAX:
            self._newest.popitem(last=False)


async def _within(rung: asyncio.Event, timeout_s: float) -> None:
    """Wait until it rings, at most so long."""
    timer = asyncio.get_running_loop().call_later(timeout_s, rung.set)
    try:
        await rung.wait()
    finally:
        timer.cancel()
