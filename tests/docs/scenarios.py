"""What each snippet of the documents is run with, and what must come of it."""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import Awaitable, Callable
from contextlib import chdir, redirect_stdout
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

import pytest

from runcast import Caller, InvalidPayload, RunHandle, RunSnapshot, RunStatus
from runcast.domain.access import Role
from runcast.domain.ids import WorkerId
from runcast.engine.channels import admit_channels
from runcast.gateway import Hello
from runcast.sdk.registry import registry
from runcast.store.alerts import declare
from runcast.testing import TestEngine
from tests.docs.guide_scenarios import GUIDE_SCENARIOS
from tests.docs.queue_scenarios import QUEUE_SCENARIOS
from tests.sdk.flaky_server import flaky_server

Load = Callable[[str], ModuleType]
Scenario = Callable[[TestEngine, Load], Awaitable[None]]


async def finish(engine: TestEngine, handle: RunHandle[Any], status: RunStatus) -> RunSnapshot[Any]:
    run = await engine.finish(handle)
    assert run.status is status, run
    return run


async def complete_the_only_wait(engine: TestEngine, value: object) -> None:
    await engine.settle()
    (wait,) = await engine.client.waits()
    await engine.client.complete_wait(wait.id, value)


async def readme(engine: TestEngine, load: Load) -> None:
    handle = await load("README.md:1").research.trigger(["python.org", "sqlite.org"], reviewer="ada@example.com")
    await complete_the_only_wait(engine, True)
    run = await finish(engine, handle, RunStatus.COMPLETED)
    assert run.metadata["done"] == 2
    pages = [f"https://{domain}{path}" for domain in ("python.org", "sqlite.org") for path in ("", "/about")]
    assert run.output == sum(len(f"<html>{page}</html>") for page in pages)


async def runs(engine: TestEngine, load: Load) -> None:
    charge = load("docs/concepts/runs.md:1").charge
    assert await engine.run(charge, "o1", 499) == "charged o1"
    refused = await finish(engine, await charge.trigger("o2", 0), RunStatus.FAILED)
    assert refused.run.attempt == 1
    assert "o2 has nothing to charge" in str(refused.error)


async def journal_checkout(engine: TestEngine, load: Load) -> None:
    receipt = await engine.run(load("docs/concepts/journal.md:1").checkout, "o1", "ada@example.com")
    assert receipt.startswith("receipt for o1: 499")


async def journal_branches(engine: TestEngine, load: Load) -> None:
    lengths = await engine.run(load("docs/concepts/journal.md:2").research, ["b.org", "a.org", "long.org"])
    assert lengths == [
        len(f"https://{name}/") + len(f"https://{name}/about") for name in ("b.org", "a.org", "long.org")
    ]


async def journal_continue(engine: TestEngine, load: Load) -> None:
    handle = await load("docs/concepts/journal.md:3").poll.trigger("https://python.org")
    await engine.advance("3h")
    run = await handle.fetch()
    assert run.status is RunStatus.WAITING, run
    assert run.run.payload == '{"url":"https://python.org","seen":3}'


async def waiting_time(engine: TestEngine, load: Load) -> None:
    before_ms = engine.clock.now_ms()
    assert await engine.run(load("docs/concepts/waiting.md:1").follow_up, "ada") == "hello ada"
    assert engine.clock.now_ms() - before_ms == 121_000


async def waiting_runs(engine: TestEngine, load: Load) -> None:
    assert await engine.run(load("docs/concepts/waiting.md:2").research, ["a.org", "bc.org"]) == 11


async def waiting_people(engine: TestEngine, load: Load) -> None:
    publish = load("docs/concepts/waiting.md:3").publish
    handle = await publish.trigger("text", reviewer="ada")
    await complete_the_only_wait(engine, True)
    assert (await finish(engine, handle, RunStatus.COMPLETED)).output is True
    forgotten = await finish(
        engine, await publish.options(max_attempts=1).trigger("text", reviewer="ada"), RunStatus.FAILED
    )
    assert forgotten.error is not None
    assert forgotten.error.code == "wait_timed_out", forgotten.error


async def waiting_first(engine: TestEngine, load: Load) -> None:
    remind = load("docs/concepts/waiting.md:4").remind
    wait = await engine.client.create_wait()
    assert await engine.run(remind, wait.id) == "time to remind them"
    handle = await remind.trigger(wait.id)
    await engine.settle()
    await engine.client.complete_wait(wait.id, True)
    assert (await finish(engine, handle, RunStatus.COMPLETED)).output == "answered"


async def queues_limits(engine: TestEngine, load: Load) -> None:
    fetch = load("docs/concepts/queues.md:1").fetch
    handles = await asyncio.gather(*[fetch.trigger(f"https://{n}.org") for n in range(120)])
    await engine.settle()
    fetched = [await handle.fetch() for handle in handles]
    assert sum(run.ok for run in fetched) == 100  # the burst
    await engine.advance("6s")
    fetched = [await handle.fetch() for handle in handles]
    assert sum(run.ok for run in fetched) == 110  # then one every 0.6 s


async def queues_options(engine: TestEngine, load: Load) -> None:
    await engine.run(load("docs/concepts/queues.md:2").nightly, "acme", ["a.org", "b.org", "a.org"])
    await engine.settle()
    page = await engine.client.list(task="enrich", tag="nightly")
    assert [run.output for run in page.runs] == [5, 5]
    assert {run.run.concurrency_key for run in page.runs} == {"acme"}


async def effects(engine: TestEngine, load: Load) -> None:
    handle = await load("docs/concepts/effects.md:1").report.trigger("leads")
    run = await finish(engine, handle, RunStatus.COMPLETED)
    assert run.metadata == {"progress": 90, "currentStep": "writing", "rows": 3}
    assert run.run.tags == ("report",)
    parts = await engine.client.parts(run.id, "lines")
    assert [part.value for part in parts if part.kind == "data"] == ['"leads 0"', '"leads 1"', '"leads 2"']
    (artifact,) = await engine.client.artifacts(run.id)
    assert await engine.client.artifact(artifact.id) == b"<h1>leads</h1>"
    assert [log.message for log in await engine.client.logs(run.id)] == ["collecting"]


async def quickstart(engine: TestEngine, load: Load) -> None:
    handle = await load("docs/start/quickstart.md:1").longest.trigger(["ash", "blackthorn", "elm"])
    run = await finish(engine, handle, RunStatus.COMPLETED)
    assert run.output == "blackthorn"
    assert run.metadata["done"] == 3


async def quickstart_client(engine: TestEngine, load: Load) -> None:
    await load("docs/start/quickstart.md:2").start_and_follow()
    (run,) = (await engine.client.list(task="longest")).runs
    assert run.output == "ash"


async def tasks_payloads(engine: TestEngine, load: Load) -> None:
    page = load("docs/concepts/tasks.md:1")
    assert await engine.run(page.bill, page.Order("o1", 499)) == "billed o1"
    by_name = await engine.client.trigger("bill", {"id": "o2", "cents": 5})
    assert (await finish(engine, by_name, RunStatus.COMPLETED)).output == "billed o2"
    with pytest.raises(InvalidPayload):
        await engine.client.trigger("bill", {"id": "o2", "cents": "many"})
    assert page.render("abc", pages=2) == 6


async def tasks_triggers(engine: TestEngine, load: Load) -> None:
    assert await engine.run(load("docs/concepts/tasks.md:2").research, ["a.org", "bc.org", "d.org", "e.org"]) == 21


async def tasks_client(engine: TestEngine, load: Load) -> None:
    # A blocking program: on a thread here, as it would be in a process of its own.
    await asyncio.to_thread(load("docs/concepts/tasks.md:3").enrich_and_print, "python.org")
    (run,) = (await engine.client.list(task="enrich", tag="by hand")).runs
    assert run.output == len("python.org")


async def tasks_resources(engine: TestEngine, load: Load) -> None:
    assert await engine.run(load("docs/concepts/tasks.md:4").report, "abc") == 3


async def testing_time(engine: TestEngine, load: Load) -> None:
    page = load("docs/guides/testing.md:1")
    await asyncio.to_thread(page.test_a_reminder_names_its_reader)
    await page.test_nothing_is_sent_before_the_week_is_over()


async def testing_people(engine: TestEngine, load: Load) -> None:
    await load("docs/guides/testing.md:2").test_without_approval_nothing_is_published()


async def testing_survival(engine: TestEngine, load: Load) -> None:
    for evict_after in (None, 0):
        await load("docs/guides/testing.md:3").test_collecting_survives_losing_its_memory(evict_after)


async def from_trigger_dev(engine: TestEngine, load: Load) -> None:
    assert await engine.run(load("docs/coming-from/trigger-dev.md:1").crawl, ["a.org", "bc.org"]) == 11


async def from_celery(engine: TestEngine, load: Load) -> None:
    addresses = ["ada@example.com", "bob@example.com"]
    assert await engine.run(load("docs/coming-from/celery.md:1").welcome_all, addresses) == 2


async def from_temporal(engine: TestEngine, load: Load) -> None:
    receipts = await engine.run(load("docs/coming-from/temporal.md:1").subscribe, "ada", 3)
    assert receipts == ["receipt for ada: 900"] * 3


async def from_dbos(engine: TestEngine, load: Load) -> None:
    assert await engine.run(load("docs/coming-from/dbos.md:1").checkout, "nut", 5) == ["reserved nut", "paid 5"]


async def from_prefect(engine: TestEngine, load: Load) -> None:
    handle = await load("docs/coming-from/prefect.md:1").nightly.trigger("monday")
    assert (await finish(engine, handle, RunStatus.COMPLETED)).output == 3
    (summary,) = await engine.client.artifacts(handle.id)
    assert await engine.client.artifact(summary.id) == b"3 rows on monday"


async def web_embedded(engine: TestEngine, load: Load) -> None:
    told = io.StringIO()
    with TemporaryDirectory() as folder, chdir(folder), redirect_stdout(told):
        await asyncio.to_thread(load("docs/guides/web.md:1").main)
    assert told.getvalue() == "42 COMPLETED\n"


async def schedules_declared(engine: TestEngine, load: Load) -> None:
    await engine.advance("2d")  # from a Tuesday evening
    swept = (await engine.client.list(task="sweep", limit=100)).runs
    assert [run.output for run in swept] == ["swept"] * 48
    digests = (await engine.client.list(task="digest")).runs
    assert [run.output for run in reversed(digests)] == [
        "Wednesday: what happened since the beginning",
        "Thursday: what happened since 2023-11-15",
    ]


async def schedules_at_run_time(engine: TestEngine, load: Load) -> None:
    page = load("docs/guides/schedules.md:2")
    first = await page.subscribe("acme", "Europe/Zurich")
    assert (await page.subscribe("acme", "Europe/Zurich")).id == first.id
    await engine.advance("7d")
    (run,) = (await engine.client.list(task="weekly_report")).runs
    assert run.output == "7 days of acme"
    await page.unsubscribe("acme")
    assert (await engine.client.schedules.list(task="weekly_report")).count == 0


async def schedules_preview(engine: TestEngine, load: Load) -> None:
    assert load("docs/guides/schedules.md:3").around_the_change()[1:] == [
        "2026-10-25 02:30:00+02:00",
        "2026-10-26 02:30:00+01:00",
    ]


async def testing_months(engine: TestEngine, load: Load) -> None:
    await load("docs/guides/testing.md:4").test_a_year_has_thirteen_charges()


async def testing_crashes(engine: TestEngine, load: Load) -> None:
    with redirect_stdout(io.StringIO()) as shown:
        await asyncio.to_thread(load("docs/guides/testing.md:5").test_the_newsletter_survives_a_crash_anywhere)
    assert shown.getvalue() == "safe at all 16 crash points of 8 commits\n"


async def lint_guide(engine: TestEngine, load: Load) -> None:
    text = await engine.run(load("docs/guides/lint.md:1").renew, "ada")
    assert text.startswith("ada: charged ")
    assert text.endswith(f": 499 until {engine.clock.now.year}")


async def inbox(engine: TestEngine, load: Load) -> None:
    page = load("docs/guides/inbox.md:1")
    dictated = await page.dictate.trigger(2)
    await page.speak(dictated)
    assert (await finish(engine, dictated, RunStatus.COMPLETED)).output == "good morning"
    conversed = await page.converse.trigger()
    for word in ("a", "b", "stop"):
        await page.words.send(conversed, word)
    assert (await finish(engine, conversed, RunStatus.COMPLETED)).output == ["a", "b"]


async def fork(engine: TestEngine, load: Load) -> None:
    page = load("docs/guides/fork.md:1")
    first = await finish(engine, await page.report.trigger("https://python.org", "dry"), RunStatus.COMPLETED)
    assert first.output == "dry: 31"
    forked = await finish(engine, await page.again(engine.client, first.id), RunStatus.COMPLETED)
    assert forked.output == "friendly: 31"
    assert forked.run.resumed_from == first.id


async def extensions(engine: TestEngine, load: Load) -> None:
    page = load("docs/guides/extensions.md:1")
    await engine.engine.extensions.install(page.todo.app())
    assert await engine.run(page.plan, ["milk", "bread"]) == 2
    item = await page.transact(page.add, "tea")
    assert [item.title for item in await page.transact(page.items)] == ["bread", "milk", "tea"]
    await engine.advance("1h")
    assert (await engine.client.retrieve(item.run_id)).output == "do tea"


async def extension_routes(engine: TestEngine, load: Load) -> None:
    page = load("docs/guides/extensions.md:2")
    run = await load("docs/guides/extensions.md:1").remind.options(metadata={"done": 3}).trigger("milk")
    assert await page.counts.fn(run.id) == {"done": 3}
    assert await page.reset.fn(Caller("staging", Role.ADMIN)) == {"environment": "staging"}
    assert [item.path for item in page.shop.app().nav] == ["/shop"]


async def leads(engine: TestEngine, load: Load) -> None:
    from tests.leads.conftest import leads_site

    page = load("docs/guides/leads.md:1")
    async with leads_site() as site:
        (run_id,) = await page.begin(site.url, site.key, ["linkedin.com/in/ada-lovelace"])
        said = await page.watch(run_id)
    assert said[-1] == "Done"


async def encryption(engine: TestEngine, load: Load) -> None:
    from cryptography.fernet import Fernet

    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    with pytest.MonkeyPatch.context() as patch:

        def keys(*names: str) -> Any:
            patch.setenv("SHOP_KEYS", ",".join(names))
            return load("docs/guides/encryption.md:1").Keys()

        text = keys(old).encode(b"secret")
        assert b"secret" not in text
        assert keys(old, new).decode(text) == keys(new, old).decode(text) == b"secret"
        assert keys(new).decode(keys(new, old).encode(b"secret")) == b"secret"


async def hooks_guide(engine: TestEngine, load: Load) -> None:
    publish = load("docs/guides/hooks.md:1").publish
    assert await engine.run(publish, "page") == 4
    refused = await finish(engine, await publish.trigger("forbidden"), RunStatus.FAILED)
    assert refused.run.attempt == 1
    began = engine.clock.now_ms()
    with redirect_stdout(io.StringIO()) as out:
        offline = await finish(engine, await publish.trigger("offline"), RunStatus.FAILED)
    assert offline.run.attempt == 4
    assert engine.clock.now_ms() - began >= 3 * 300_000
    assert out.getvalue() == "ops@example.com publish failed: no route\n"


async def hooks_retrying(engine: TestEngine, load: Load) -> None:
    module = load("docs/guides/hooks.md:2")
    attempts: list[str] = sys.modules["myapp"].attempts
    attempts.clear()
    assert await engine.run(module.travel, "home") == "booked: seat for home"


async def usage_guide(engine: TestEngine, load: Load) -> None:
    module = load("docs/guides/usage.md:1")
    run = await module.research.trigger(["why", "how"])
    assert (await finish(engine, run, RunStatus.COMPLETED)).output == ["WHY", "HOW"]
    with redirect_stdout(io.StringIO()) as out:
        await module.bill(run.id)
    assert out.getvalue().startswith("0.505 of which 0.505 in the run itself")
    assert "gpt-5-mini 6 input tokens 0\n" in out.getvalue()


async def http_guide(engine: TestEngine, load: Load) -> None:
    with flaky_server() as server:
        server.plan = [(429, {"retry-after": "3600"}), (503, {"retry-after-ms": "5"})]
        began = engine.clock.now_ms()
        assert await engine.run(load("docs/guides/http-retries.md:1").patient, server.url) == "done"
        assert engine.clock.now_ms() - began >= 3_600_000


async def http_of_strangers(_engine: TestEngine, load: Load) -> None:
    with flaky_server() as server:
        assert await load("docs/guides/http-retries.md:2").read(server.url) is None


async def tracing_guide(engine: TestEngine, load: Load) -> None:
    run = await load("docs/guides/tracing.md:1").measure.trigger("https://python.org")
    await finish(engine, run, RunStatus.COMPLETED)
    lines = await engine.client.logs(run.id)
    assert [(line.level, line.message) for line in lines] == [("trace", "download"), ("trace", "run measure")]
    assert '"bytes":31' in (lines[0].data or "")


async def alerts(engine: TestEngine, load: Load) -> None:
    page = load("docs/guides/alerts.md:1")
    assert {rule.name for rule in registry.alert_rules()} >= {"failures", "new errors", "piled up"}
    # The engine's worker opened before the page was read: what it declares now, another one says.
    rules = registry.alert_rules()
    hello = Hello(WorkerId("w_alerts"), (page.notify.info(), page.charge.info()), alerts=rules)
    hello = await admit_channels(hello, None)
    await engine.engine.store.write(lambda: declare(hello, engine.clock.now_ms()))
    for number in range(2):
        await finish(engine, await page.charge.trigger(f"o{number}", 0), RunStatus.FAILED)
    events = await engine.client.alerts()
    assert {event.alert: event.count for event in events} == {"failures": 2, "new errors": 2}
    await engine.settle()
    assert {run.status for run in (await engine.client.list(task="notify")).runs} == {RunStatus.COMPLETED}


async def alert_channels(engine: TestEngine, load: Load) -> None:
    load("docs/guides/alerts.md:2")
    targets = {rule.name: [repr(target) for target in rule.to] for rule in registry.alert_rules() if rule.to}
    assert targets == {
        "failed charges": ["<webhook https://example.com/…>", "<email ops@example.com, ada@example.com>"],
        "unheard of": ["<slack https://hooks.slack.com/…>"],
    }


SCENARIOS: dict[str, Scenario] = {
    "README.md:1": readme,
    "docs/coming-from/celery.md:1": from_celery,
    "docs/coming-from/dbos.md:1": from_dbos,
    "docs/coming-from/prefect.md:1": from_prefect,
    "docs/coming-from/temporal.md:1": from_temporal,
    "docs/coming-from/trigger-dev.md:1": from_trigger_dev,
    "docs/concepts/effects.md:1": effects,
    "docs/concepts/journal.md:1": journal_checkout,
    "docs/concepts/journal.md:2": journal_branches,
    "docs/concepts/journal.md:3": journal_continue,
    "docs/concepts/queues.md:1": queues_limits,
    "docs/concepts/queues.md:2": queues_options,
    "docs/concepts/runs.md:1": runs,
    "docs/concepts/tasks.md:1": tasks_payloads,
    "docs/concepts/tasks.md:2": tasks_triggers,
    "docs/concepts/tasks.md:3": tasks_client,
    "docs/concepts/tasks.md:4": tasks_resources,
    "docs/concepts/waiting.md:1": waiting_time,
    "docs/concepts/waiting.md:2": waiting_runs,
    "docs/concepts/waiting.md:3": waiting_people,
    "docs/concepts/waiting.md:4": waiting_first,
    "docs/guides/schedules.md:1": schedules_declared,
    "docs/guides/schedules.md:2": schedules_at_run_time,
    "docs/guides/schedules.md:3": schedules_preview,
    "docs/guides/alerts.md:1": alerts,
    "docs/guides/alerts.md:2": alert_channels,
    "docs/guides/encryption.md:1": encryption,
    "docs/guides/extensions.md:1": extensions,
    "docs/guides/extensions.md:2": extension_routes,
    "docs/guides/fork.md:1": fork,
    "docs/guides/inbox.md:1": inbox,
    "docs/guides/leads.md:1": leads,
    "docs/guides/testing.md:1": testing_time,
    "docs/guides/testing.md:2": testing_people,
    "docs/guides/testing.md:3": testing_survival,
    "docs/guides/web.md:1": web_embedded,
    "docs/guides/testing.md:4": testing_months,
    "docs/guides/testing.md:5": testing_crashes,
    "docs/guides/hooks.md:1": hooks_guide,
    "docs/guides/hooks.md:2": hooks_retrying,
    "docs/guides/http-retries.md:1": http_guide,
    "docs/guides/http-retries.md:2": http_of_strangers,
    "docs/guides/lint.md:1": lint_guide,
    "docs/guides/tracing.md:1": tracing_guide,
    "docs/guides/usage.md:1": usage_guide,
    **QUEUE_SCENARIOS,
    **GUIDE_SCENARIOS,
    "docs/start/quickstart.md:1": quickstart,
    "docs/start/quickstart.md:2": quickstart_client,
}
