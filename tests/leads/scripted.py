"""Providers that answer what a test says, in front of the real offline ones; and what they were asked."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Mapping
from typing import Any

from runcast.apps.leads.contract import (
    Choices,
    Delta,
    EnrichInput,
    Finished,
    FoundProfile,
    FoundResearch,
    Kind,
    Outcome,
    Profile,
    ProviderFailed,
    Research,
    ResearchInput,
    Source,
    Toolbox,
    Usage,
    WriteRequest,
    Writing,
)
from runcast.apps.leads.providers import make_toolbox

ADA = Profile(name="Ada Lovelace", title="Analyst", company="Analytical Engines")
EMAILS = "Subject: Engines\n\nHi Ada,\n\nshall we talk?\n\n---\n\nSubject: Engines again\n\nHi Ada,\n\nonce more.\n"


class Script:
    """What the provider `paid` answers, one after the other; the last answer stands. `asked` is who was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.order: dict[Kind, tuple[str, ...]] = {}
        self._answers: dict[str, deque[Any]] = {}

    def says(self, what: str, *answers: Any) -> None:
        """`what`: `enrich`, `research`, `write_emails` or `build_page`; an exception is raised."""
        kind = Kind.WRITE if what in ("write_emails", "build_page") else Kind(what)
        last = {Kind.ENRICH: "offline", Kind.RESEARCH: "pages", Kind.WRITE: "template"}[kind]
        self.order[kind] = ("paid", last)
        self._answers[what] = deque(answers)

    def speaks_of(self, what: str) -> bool:
        return what in self._answers

    def next(self, what: str) -> Any:
        self.asked.append(what)
        answers = self._answers[what]
        answer = answers.popleft() if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


class ScriptedToolbox:
    """A `Toolbox`."""

    def __init__(self, script: Script, real: Toolbox) -> None:
        self._script = script
        self._real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def order(self, kind: Kind) -> tuple[str, ...]:
        return self._script.order.get(kind) or self._real.order(kind)

    async def enrich(self, provider: str, wanted: EnrichInput, *, handle: str = "") -> FoundProfile:
        if provider == "paid":
            found: FoundProfile = self._script.next("enrich")
            return found
        return await self._real.enrich(provider, wanted, handle=handle)

    async def research(self, provider: str, wanted: ResearchInput, *, handle: str = "") -> FoundResearch:
        if provider == "paid":
            found: FoundResearch = self._script.next("research")
            return found
        return await self._real.research(provider, wanted, handle=handle)

    async def write_emails(self, provider: str, request: WriteRequest) -> Writing:
        async for piece in self._write("write_emails", provider, request):
            yield piece

    async def write_page(self, provider: str, request: WriteRequest) -> Writing:
        async for piece in self._write("build_page", provider, request):
            yield piece

    async def _write(self, what: str, provider: str, request: WriteRequest) -> Writing:
        if provider == "paid" and self._script.speaks_of(what):
            for piece in self._script.next(what):
                if isinstance(piece, Exception):
                    raise piece
                if isinstance(piece, Gate):
                    await piece.passed()
                    continue
                yield piece
            return
        real = self._real.write_emails if what == "write_emails" else self._real.write_page
        async for piece in real("template", request):
            yield piece


def scripted_toolbox(script: Script, choices: Choices, env: Mapping[str, str] | None = None) -> Toolbox:
    toolbox: Any = ScriptedToolbox(script, make_toolbox(choices, {}))
    found: Toolbox = toolbox
    return found


def filled(cost_usd: float = 0.28, profile: Profile = ADA) -> FoundProfile:
    return FoundProfile(outcome=Outcome.FILLED, value=profile, source="paid", cost_usd=cost_usd)


def no_profile(outcome: Outcome, **fields: Any) -> FoundProfile:
    return FoundProfile(outcome=outcome, source="paid", **fields)


def no_research(outcome: Outcome, **fields: Any) -> FoundResearch:
    return FoundResearch(outcome=outcome, source="paid", **fields)


def read(cost_usd: float = 0.01) -> FoundResearch:
    research = Research(
        markdown="## Engines\n\nThey build engines.", sources=(Source("https://engines.example/about", "About"),)
    )
    return FoundResearch(outcome=Outcome.FILLED, value=research, source="paid", cost_usd=cost_usd)


def text(whole: str, *, cost_usd: float = 0.02) -> list[Any]:
    """A text in pieces, with its end."""
    pieces: list[Any] = [Delta(whole[at : at + 20]) for at in range(0, len(whole), 20)]
    return [*pieces, Finished("stop", Usage("model-1", 100, 50), cost_usd)]


def cut(whole: str) -> list[Any]:
    """A text that just ends."""
    return text(whole)[:2]


def down(detail: str = "Paid answered 503") -> ProviderFailed:
    return ProviderFailed("paid", Outcome.TRANSIENT, detail)


class Gate:
    """Holds a text in the middle until a test lets it go on."""

    def __init__(self) -> None:
        self._open = threading.Event()

    def open(self) -> None:
        self._open.set()

    async def passed(self) -> None:
        while not self._open.is_set():
            await asyncio.sleep(0.01)


def held(whole: str, gate: Gate) -> list[Any]:
    """A text whose second half comes when the gate is open."""
    pieces = text(whole)
    half = len(pieces) // 2
    return [*pieces[:half], gate, *pieces[half:]]
