"""The hub: one reader, and everybody hears of what they follow, once, in its newest state."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from functools import partial
from typing import Any

import pytest

from runcast.domain.change import ChangeKind
from runcast.domain.effect import Effect, EffectKind
from runcast.domain.errors import Unavailable
from runcast.domain.outcome import Succeeded
from runcast.feed import following as followings
from runcast.feed import hub as hubs
from runcast.feed.following import PENDING_MAX, Following, batch_topic, run_topic, runs_topic, tag_topic, tree_topic
from runcast.feed.hub import Hub
from runcast.gateway import Report
from runcast.store import prune
from runcast.store.news import News, span
from runcast.store.script import Changed, Script, call
from tests.engine.house import House
from tests.store.world import step

pytestmark = pytest.mark.anyio


class Follower:
    """A follower that can be waited for."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._bell = asyncio.Event()
        self.following: Following

    async def follow(self, *topics: str, shown_only: bool = False, traced: Iterable[str] = ()) -> Follower:
        self.following = await self._hub.follow(topics, self._bell.set, shown_only=shown_only, traced=traced)
        return self

    async def heard(self) -> dict[str, tuple[str, set[str]]]:
        """Status and kinds of what changed, by run: waits until something did."""
        async with asyncio.timeout(5):
            while not self.following.has_news:
                self._bell.clear()
                await self._bell.wait()
        runs, _, _ = self.following.take()
        return {news.run.id: (news.run.status, set(news.kinds)) for news in runs}


@pytest.fixture
async def hub(house: House) -> AsyncIterator[Hub]:
    hub = house.engine.hub
    yield hub
    await hub.stop()


async def _caught_up(house: House, hub: Hub) -> None:
    """Let the hub read what is committed."""
    newest = await house.store.read(span)
    async with asyncio.timeout(5):
        while hub.cursor < newest[1]:
            await asyncio.sleep(0)


async def test_who_follows_a_run_hears_of_it_and_of_no_other(house: House, hub: Hub) -> None:
    [mine, other] = await house.trigger(2)
    follower = await Follower(hub).follow(run_topic(mine))
    await house.engine.cancel([other])
    await _caught_up(house, hub)
    assert not follower.following.has_news
    await house.engine.cancel([mine])
    assert await follower.heard() == {mine: ("CANCELED", {ChangeKind.STATUS})}


@pytest.mark.parametrize("topic", ["tree", "batch", "tag", "runs"])
async def test_runs_are_followed_by_tree_batch_tag_and_environment(house: House, hub: Hub, topic: str) -> None:
    topics = {
        "batch": batch_topic("batch_1"),
        "tag": tag_topic("dev", "blue"),
        "runs": runs_topic("dev"),
    }
    given: dict[str, dict[str, Any]] = {
        "tree": {},
        "batch": {"batch_id": "batch_1"},
        "tag": {"tags": ("red", "blue")},
        "runs": {},
    }
    other = house.new(environment="prod", tags=("red",))
    mine = house.new(**given[topic])
    topics["tree"] = tree_topic(mine.id)
    follower = await Follower(hub).follow(topics[topic])
    await house.engine.trigger([other, mine])
    assert set(await follower.heard()) == {mine.id}


async def test_what_changed_before_one_followed_is_not_told_but_remembered(house: House, hub: Hub) -> None:
    [run] = await house.trigger(1)
    before = (await house.store.read(span))[1]
    await house.engine.cancel([run])
    follower = await Follower(hub).follow(run_topic(run))
    assert not follower.following.has_news
    assert hub.changed_since([run_topic(run)], before) is True
    assert hub.changed_since([run_topic(run)], hub.cursor) is False
    assert hub.changed_since([run_topic("run_other")], before) is False


async def test_a_change_while_the_hub_is_reading_is_not_lost_to_one_who_joins(house: House, hub: Hub) -> None:
    """The page was asked for before anybody wanted its run."""
    [first, mine] = await house.trigger(2)
    await Follower(hub).follow(run_topic(first))
    await house.engine.cancel([mine])
    followers = []
    # At each step of the loop somebody joins: one of them while the page is on its way.
    for _ in range(50):
        followers.append(await Follower(hub).follow(run_topic(mine)))
        if hub.changed_since([run_topic(mine)], hub.cursor - 1):
            break
        await asyncio.sleep(0)
    await _caught_up(house, hub)
    newest = (await house.store.read(span))[1]
    for follower in followers:
        told = follower.following.has_news
        assert told or hub.changed_since([run_topic(mine)], newest - 1)


async def test_one_who_looks_late_sees_each_run_once_in_its_newest_state(house: House, hub: Hub) -> None:
    follower = await Follower(hub).follow(runs_topic("dev"))
    [run] = await house.trigger(1)
    await _caught_up(house, hub)
    await house.engine.cancel([run])
    await _caught_up(house, hub)
    assert await follower.heard() == {run: ("CANCELED", {ChangeKind.STATUS})}


async def test_logs_and_parts_do_not_wake_those_who_only_show_runs(house: House, hub: Hub) -> None:
    session, inbox = await house.open()
    [run] = await house.trigger(1)
    await house.quiet()
    [assignment] = inbox.take()
    rows = await Follower(hub).follow(run_topic(run), shown_only=True)
    everything = await Follower(hub).follow(run_topic(run))

    async def report(*effects: Effect) -> None:
        await session.report([Report(run, assignment.epoch, effects=effects)])
        await _caught_up(house, hub)

    await report(Effect(EffectKind.LOG, "INFO", '{"message":"hi"}', scope="", number=1))
    assert (await everything.heard())[run][1] == {ChangeKind.LOG}
    assert not rows.following.has_news
    assert hub.changed_since([run_topic(run)], hub.cursor - 1, shown_only=True) is False
    await report(Effect(EffectKind.PART, "words", '"a"', scope="", number=2))
    runs, _, _ = rows.following.take()
    assert [news.streams for news in runs] == [("words",)]
    await report(Effect(EffectKind.PART, "words", '"b"', scope="", number=3))
    assert rows.following.take() == ([], [], False)
    await report(Effect(EffectKind.SET, "progress", "1", scope="", number=4))
    assert len(rows.following.take()[0]) == 1
    await house.end(session, assignment, Succeeded("1"))


async def test_one_who_cannot_keep_up_is_told_to_read_anew(house: House, hub: Hub) -> None:
    following = (await Follower(hub).follow(runs_topic("dev"))).following
    await house.trigger(PENDING_MAX + 1)
    await _caught_up(house, hub)
    assert following.take() == ([], [], True)
    assert following.take() == ([], [], False)


async def test_a_pruned_feed_resets_who_follows(house: House, hub: Hub) -> None:
    [run, _] = await house.trigger(2)
    follower = await Follower(hub).follow(run_topic(run))
    hub._cursor = 0
    house.clock.advance(10)
    await house.store.write(lambda: prune.prune(house.clock.now_ms()))
    await house.trigger(1)
    await _caught_up(house, hub)
    assert follower.following.take()[2] is True


async def test_a_hub_forgets_who_left_and_tells_those_who_stay_that_it_ends(house: House, hub: Hub) -> None:
    [run] = await house.trigger(1)
    with (await Follower(hub).follow(run_topic(run))).following:
        assert hub.followers == 1
    assert hub.followers == 0
    assert hub._followers == {}
    stays = await Follower(hub).follow(run_topic(run))
    await hub.stop()
    assert stays.following.is_ended
    late = await Follower(hub).follow(run_topic(run))
    assert late.following.is_ended


async def test_wide_topics_are_known_from_when_somebody_follows_one(house: House, hub: Hub) -> None:
    await house.trigger(1, tags=("blue",))
    narrow = await Follower(hub).follow(run_topic("run_x"))
    tag = tag_topic("dev", "blue")
    assert hub.changed_since([tag], hub.cursor) is None
    wide = await Follower(hub).follow(tag)
    start = hub.cursor
    await house.trigger(1, tags=("blue",))
    await wide.heard()
    assert hub.changed_since([tag], start) is True
    assert hub.changed_since([tag], hub.cursor) is False
    assert hub.changed_since([tag_topic("dev", "red")], 0) is None
    narrow.following.close()


async def _publish(house: House, keys: Iterable[str]) -> None:
    def script() -> Script[None]:
        rows = [(key, "topic:todo.items", 1, "topic", "", 0, None) for key in keys]
        yield call("add_changes", rows=rows)
        yield Changed((), ())

    await house.store.write(partial(script))


async def test_topics_of_extensions_are_handed_out_by_what_changed(house: House, hub: Hub) -> None:
    follower = await Follower(hub).follow("topic:todo.items")
    await _publish(house, ["a", "b"])
    await _caught_up(house, hub)
    _, others, _ = follower.following.take()
    assert [change.run_id for change in others] == ["a", "b"]


async def test_a_hub_goes_on_after_a_failure(house: House, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hubs, "RETRY_S", 0.001)
    [run] = await house.trigger(1)
    follower = await Follower(hub).follow(run_topic(run))
    read = house.store.read
    failures = iter([Unavailable("gone for a moment"), ValueError("what nobody thought of")])

    async def fail_twice(factory: Any) -> Any:
        for failure in failures:
            raise failure
        return await read(factory)

    monkeypatch.setattr(house.store, "read", fail_twice)
    await house.engine.cancel([run])
    assert await follower.heard() == {run: ("CANCELED", {ChangeKind.STATUS})}


async def test_what_changed_is_known_of_topics_of_both_kinds_at_once(house: House, hub: Hub) -> None:
    [run, _] = await house.trigger(2)
    topics = [tag_topic("dev", "blue"), run_topic(run)]
    await Follower(hub).follow(*topics)
    await house.trigger(1, tags=("blue",))
    await _caught_up(house, hub)
    start = hub.cursor
    assert hub.changed_since(topics, start) is False
    await house.engine.cancel([run])
    await _caught_up(house, hub)
    assert hub.changed_since(topics, start) is True


async def test_who_joins_by_tag_while_a_page_is_on_its_way_hears_of_what_is_on_it(
    house: House, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    await Follower(hub).follow(run_topic("run_x"))
    read, was_read, go_on = house.store.read, asyncio.Event(), asyncio.Event()

    async def read_slowly(factory: Any) -> Any:
        found = await read(factory)
        if isinstance(found, News) and found.changes:
            was_read.set()
            await go_on.wait()
        return found

    monkeypatch.setattr(house.store, "read", read_slowly)
    [run] = await house.trigger(1, tags=("blue",))
    await asyncio.wait_for(was_read.wait(), 5)
    follower = await Follower(hub).follow(tag_topic("dev", "blue"))
    go_on.set()
    assert set(await follower.heard()) == {run}


async def test_a_run_is_kept_with_all_its_streams_also_those_that_nobody_saw_begin(house: House, hub: Hub) -> None:
    session, inbox = await house.open()
    [run, other] = await house.trigger(2)
    await house.quiet()
    assignments = {one.run_id: one for one in inbox.take()}

    async def report(*effects: Effect) -> None:
        await session.report([Report(run, assignments[run].epoch, effects=effects)])
        await _caught_up(house, hub)

    await Follower(hub).follow(run_topic(other))
    await report(Effect(EffectKind.PART, "words", '"a"', scope="", number=1))
    first = await Follower(hub).follow(run_topic(run))
    await report(Effect(EffectKind.SET, "progress", "1", scope="", number=2))
    assert (newest := hub.newest(run)) is not None and newest.streams == ("words",)
    first.following.close()
    await report(Effect(EffectKind.PART, "more", '"a"', scope="", number=3))
    await Follower(hub).follow(run_topic(run))
    await report(Effect(EffectKind.SET, "progress", "2", scope="", number=4))
    assert (newest := hub.newest(run)) is not None and newest.streams == ("more", "words")
    for assignment in assignments.values():
        await house.end(session, assignment, Succeeded("1"))


async def test_who_traces_a_tree_hears_what_was_recorded_and_others_do_not(house: House, hub: Hub) -> None:
    [run_id] = await house.trigger(1)
    session, inbox = await house.open()
    [run] = inbox.take()
    plain = await Follower(hub).follow(tree_topic(run_id))
    tracing = await Follower(hub).follow(tree_topic(run_id), traced=[run_id])
    for key in ("a", "b"):
        await session.report([Report(run_id, run.epoch, (step(key),))])
    await _caught_up(house, hub)
    [told], _, _ = tracing.following.take()
    assert told.parts is not None and told.parts.is_whole
    assert [entry.key for entry in told.parts.entries] == ["a", "b"]
    tracing.following.close()
    await session.report([Report(run_id, run.epoch, (step("c"),))])
    await _caught_up(house, hub)
    plain.following.take()
    await session.report([Report(run_id, run.epoch, (step("d"),))])
    await _caught_up(house, hub)
    [told], _, _ = plain.following.take()
    assert told.parts is None


async def test_who_has_too_many_entries_before_it_is_told_to_read_them(
    house: House, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(followings, "TIMELINE_NEWS_MAX", 3)
    [run_id] = await house.trigger(1)
    session, inbox = await house.open()
    [run] = inbox.take()
    slow = await Follower(hub).follow(tree_topic(run_id), traced=[run_id])
    for number in range(4):
        await session.report([Report(run_id, run.epoch, (step(f"s{number}"),))])
        await _caught_up(house, hub)
    [told], _, _ = slow.following.take()
    assert told.parts is not None and (told.parts.is_whole, told.parts.entries) == (False, ())
    await session.report([Report(run_id, run.epoch, (step("next"),))])
    await _caught_up(house, hub)
    [told], _, _ = slow.following.take()
    assert told.parts is not None and [entry.key for entry in told.parts.entries] == ["next"]
