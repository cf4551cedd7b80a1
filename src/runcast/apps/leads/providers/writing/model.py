"""A model that writes over HTTP: one driver for all, and what tells their protocols apart."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Protocol

import msgspec

from runcast.apps.leads.contract import Delta, Finished, JsonObject, Outcome, ProviderFailed, Usage
from runcast.apps.leads.providers.exchange import Answer, Call, Unreachable, opened, read, without
from runcast.apps.leads.providers.keys import Access
from runcast.apps.leads.providers.outcomes import outcome_of, told, wait_of
from runcast.apps.leads.providers.prices import model_usd
from runcast.apps.leads.providers.values import kept
from runcast.apps.leads.providers.writing.events import MalformedEvent, events

Stream = AsyncGenerator[Delta | Finished, None]
"""A text as it is written, of which whoever stops reading is able to end the request."""


class Prompt(msgspec.Struct, frozen=True, kw_only=True):
    """What a model is asked."""

    system: str
    user: str
    output_tokens_max: int = 2_000


class Model(Protocol):
    """Whoever writes text for a prompt."""

    def stream(self, prompt: Prompt) -> Stream:
        """Raises `ProviderFailed`, before or amid the text; ends with `Finished` or is a failure."""
        ...


@dataclass(slots=True)
class Progress:
    """What a stream has said so far, beside its text."""

    model: str = ""
    reason: str = ""
    """Why it ended; a stream that never says so was cut."""
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = None
    """As the provider reports it."""
    request_id: str = ""
    has_text: bool = False

    @property
    def usage(self) -> Usage:
        return Usage(self.model, self.input_tokens, self.output_tokens)


class StreamFailed(Exception):
    """The provider says amid its stream that it failed."""

    def __init__(self, outcome: Outcome, detail: str) -> None:
        super().__init__(detail)
        self.outcome = outcome


class Wire(Protocol):
    """The protocol of one family of models."""

    name: str
    title: str
    family: str
    """Under which its prices are listed; empty: the URL tells."""
    whole: frozenset[str]
    """Reasons to stop that mean: the text is all there."""

    def call(self, where: Access, model: str, prompt: Prompt, timeout_s: float) -> Call: ...

    def take(self, event: JsonObject, progress: Progress) -> str:
        """The text of an event; what else it says goes into `progress`. Raises `StreamFailed`."""
        ...

    def outcome(self, answer: Answer) -> Outcome:
        """What a refusal means."""
        ...


class HttpModel:
    """A model behind an API, that is asked once for each text."""

    def __init__(self, wire: Wire, where: Access, model: str, options: JsonObject) -> None:
        self._wire = wire
        self._where = where
        self._model = model
        self._options = options

    async def stream(self, prompt: Prompt) -> Stream:
        progress = Progress(model=self._model)
        try:
            async with aclosing(self._texts(prompt, progress)) as texts:
                async for text in texts:
                    progress.has_text = True
                    yield Delta(text)
        except StreamFailed as error:
            raise self._failed(error.outcome, str(error), progress) from error
        except (*Unreachable, MalformedEvent) as error:
            # What breaks behind the reason to stop has broken nothing.
            if not progress.reason:
                said = without(self._where.key, str(error)) or type(error).__name__
                raise self._failed(Outcome.TRANSIENT, f"the stream broke: {said}", progress) from error
        if not progress.reason:
            raise self._failed(Outcome.TRANSIENT, "the stream was cut: it gave no reason to stop", progress)
        is_whole = progress.reason in self._wire.whole
        if is_whole and not progress.has_text:
            raise self._failed(Outcome.TRANSIENT, "it wrote nothing", progress)
        yield Finished(
            progress.reason,
            usage=progress.usage,
            cost_usd=self._cost_usd(progress),
            complete=is_whole,
            request_id=progress.request_id,
        )

    async def _texts(self, prompt: Prompt, progress: Progress) -> AsyncGenerator[str, None]:
        timeout_s = float(self._options.get("timeout_s", 90.0))
        call = self._wire.call(self._where, self._model, prompt, timeout_s)
        async with opened(call) as response:
            headers = response.headers
            progress.request_id = headers.get("request-id") or headers.get("x-request-id") or ""
            if response.status_code != 200:
                raise self._refused(await read(response))
            async for event in events(response):
                text = self._wire.take(kept(event), progress)
                if text:
                    yield text

    def _refused(self, answer: Answer) -> ProviderFailed:
        outcome = self._wire.outcome(answer)
        detail = told(self._wire.title, outcome, answer, self._where.key)
        return ProviderFailed(self._wire.name, outcome, detail, retry_after_s=wait_of(outcome, answer))

    def _failed(self, outcome: Outcome, detail: str, progress: Progress) -> ProviderFailed:
        told = f"{self._wire.title}: {without(self._where.key, detail)}"
        return ProviderFailed(self._wire.name, outcome, told, cost_usd=self._cost_usd(progress) or 0.0)

    def _cost_usd(self, progress: Progress) -> float | None:
        if progress.cost_usd is not None:
            return progress.cost_usd
        return model_usd(self._wire.family, progress.usage, self._options, url=self._where.base_url)


def usual_outcome(answer: Answer) -> Outcome:
    """What a refusal means where a provider has no meaning of its own."""
    return outcome_of(answer.status)
