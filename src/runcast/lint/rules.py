"""The rules of `runcast lint`: the one table from which messages and the reference page are made."""

from __future__ import annotations

import msgspec


class Rule(msgspec.Struct, frozen=True):
    """One rule."""

    code: str
    name: str
    message: str
    """What is wrong, with `{what}` for the code it is said of and `{where}` for the task or step."""
    fix: str
    """In words."""
    why: str
    bad: str
    """A body that breaks it."""
    good: str


RULES = (
    Rule(
        "RC000",
        "syntax",
        "the file cannot be parsed: {what}",
        "Correct the syntax.",
        "What Python cannot parse cannot be checked.",
        "await fetch(url",
        "await fetch(url)",
    ),
    Rule(
        "RC001",
        "time",
        "{what} is read between durable calls of {where}: executed again, it gives another time",
        "Use `runcast.now()`, which is recorded, or read the clock in a step.",
        "A body that is executed again (a crash, a wake-up after eviction, a retry, a deploy) must ask for the same "
        "things. A clock that is not recorded tells another time, so another branch may be taken, and arguments differ "
        "from those recorded.",
        'started = datetime.now(UTC)\nawait fetch(url)\nawait mail(f"started {started}")',
        'started = now()\nawait fetch(url)\nawait mail(f"started {started}")',
    ),
    Rule(
        "RC002",
        "randomness",
        "{what} is drawn between durable calls of {where}: executed again, it gives another value",
        "Use `runcast.random()` or `runcast.uuid4()`, which are recorded, or draw it in a step.",
        "The first execution and the second would go different ways, or name different things: an order charged under "
        "one id and mailed under another.",
        "order = uuid.uuid4().hex\nawait charge(order)\nawait mail(order)",
        "order = uuid4().hex\nawait charge(order)\nawait mail(order)",
    ),
    Rule(
        "RC003",
        "input and output",
        "{what} does I/O between durable calls of {where}: it happens again whenever the body is executed again",
        "Move it into a step: its result is recorded once and never asked for again.",
        "What the world answers changes, and what is sent is sent again. Only a step is done once it is recorded.",
        "page = requests.get(url).text\nawait summarize(page)",
        "page = await fetch(url)  # a @step\nawait summarize(page)",
    ),
    Rule(
        "RC004",
        "who came first",
        "{what} decides by the clock of this process over durable calls of {where}: the decision is not recorded",
        "Use `runcast.select`, `runcast.as_completed` or `runcast.timeout`: who came first is recorded.",
        "Executed again, everything that was recorded is done at once, so another one comes first, and nothing times "
        "out any more.",
        "answer = await asyncio.wait_for(wait.for_token(approval), 60)",
        'answer = await timeout(wait.for_token(approval), "60s")',
    ),
    Rule(
        "RC005",
        "finally",
        "{what} in a `finally` of {where}: the block also runs when the body is only taken from memory",
        "Do it after the `try`, or in an `except Exception` and once at the end.",
        "A waiting body is evicted by an exception, so its `finally` blocks run although the run goes on later. Records "
        "and effects are refused at that time, and what reaches the outside happens again at every wake-up.",
        'try:\n    await wait.for_("1d")\nfinally:\n    metadata.set("state", "over")',
        'await wait.for_("1d")\nmetadata.set("state", "over")',
    ),
    Rule(
        "RC006",
        "durable call in a step",
        "{what} is a durable call inside {where}: it raises `NotDurableHere`",
        "Make the call in the task's body, and hand the step its result.",
        "A step is recorded as one result. What happens inside it cannot be recorded a second time.",
        '@step\nasync def fetch(url: str) -> str:\n    await wait.for_("1m")\n    return await get(url)',
        'await wait.for_("1m")\npage = await fetch(url)',
    ),
    Rule(
        "RC007",
        "order of a set",
        "durable calls of {where} are made in the order of {what}: a set has another order in another process",
        "Sort it: `for item in sorted(items)`, or pass `key=` to each call.",
        "The n-th call of a name is known by its number. In another order the records belong to other items, and the run "
        "is parked.",
        "await asyncio.gather(*[fetch(url) for url in set(urls)])",
        "await asyncio.gather(*[fetch(url) for url in sorted(set(urls))])",
    ),
    Rule(
        "RC008",
        "swallowed stop",
        "{what} around durable calls of {where} catches eviction and cancellation, and does not raise them again",
        "Catch `Exception`, or end the handler with `raise`.",
        "A body is cancelled and evicted by exceptions that are not `Exception`s. One that catches them goes on as if "
        "the call had failed.",
        "try:\n    await fetch(url)\nexcept BaseException:\n    pass",
        "try:\n    await fetch(url)\nexcept Exception:\n    pass",
    ),
    Rule(
        "RC009",
        "sleep that blocks",
        "time.sleep in {where} stops the event loop, and all other runs of the worker with it",
        'Use `await wait.for_("10s")`, which holds nothing, or `await asyncio.sleep(…)` inside a step.',
        "`async def` bodies share one event loop.",
        "time.sleep(10)",
        'await wait.for_("10s")',
    ),
    Rule(
        "RC010",
        "call that blocks",
        "{what} in {where} stops the event loop, and all other runs of the worker with it",
        "Make the function a `def` (it runs on a thread), use `asyncio.to_thread`, or an asynchronous client.",
        "`async def` bodies share one event loop.",
        "async def fetch(url: str) -> str:\n    return requests.get(url).text",
        "def fetch(url: str) -> str:\n    return requests.get(url).text",
    ),
    Rule(
        "RC011",
        "step without a name",
        "{what} as a step of {where} has no name of its own: its records are known by order alone",
        "Pass `key=` or `name=`, or define a function.",
        "All lambdas are called `<lambda>`: one more of them moves the records of those after it.",
        "await step(lambda: charge(order))()",
        'await step(lambda: charge(order), key="charge")()',
    ),
    Rule(
        "RC012",
        "state of the process",
        "{where} changes {what}, a global of the module, although its body makes durable calls",
        "Keep it in a local variable, or in `metadata`; share what is expensive with `@resource`.",
        "What is in a process's memory is gone when the run goes on in another, is changed again when the body is "
        "executed again, and is shared with every other run.",
        "SEEN: list[str] = []\n\n@task\nasync def look(url: str) -> None:\n    SEEN.append(url)\n    await fetch(url)",
        "@task\nasync def look(url: str) -> None:\n    seen = [url]\n    await fetch(url)",
    ),
    Rule(
        "RC013",
        "never awaited",
        "{what} in {where} is never awaited: it is cancelled when the body ends, and nothing of it is kept",
        "Await it, or gather it with the others before the end. To start a run and go on, `await task.trigger(…)`.",
        "When a body ends, the rest of its asyncio tasks is cancelled. What was made and not awaited may be done, or not.",
        "asyncio.create_task(notify(user))\nreturn total",
        "notified = asyncio.create_task(notify(user))\nawait notified",
    ),
    Rule(
        "RC014",
        "another thread",
        "{what} makes durable calls of {where} on another thread: they raise `NotDurableHere`",
        "Make the calls in the body, and hand the thread plain values; or make the task a `def`.",
        "Durable calls are numbered in the order in which the body makes them. Threads have no order.",
        "await asyncio.to_thread(collect, urls)  # collect() triggers runs",
        "calls = [fetch(url) for url in urls]\nawait asyncio.gather(*calls)",
    ),
)

BY_CODE = {rule.code: rule for rule in RULES}
PAGE = "docs/reference/lint.md"
