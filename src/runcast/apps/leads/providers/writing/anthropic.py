"""Anthropic's messages."""

from __future__ import annotations

from runcast.apps.leads.contract import JsonObject, Outcome
from runcast.apps.leads.providers.exchange import Answer, Call
from runcast.apps.leads.providers.keys import Access
from runcast.apps.leads.providers.outcomes import outcome_of
from runcast.apps.leads.providers.values import whole_number, word
from runcast.apps.leads.providers.writing.model import Progress, Prompt, StreamFailed

URL = "https://api.anthropic.com"
MODEL = "claude-sonnet-5-5"
_VERSION = "2023-06-01"
_ERRORS = {
    "rate_limit_error": Outcome.RATE_LIMITED,
    "authentication_error": Outcome.AUTH_ERROR,
    "permission_error": Outcome.AUTH_ERROR,
    "billing_error": Outcome.OUT_OF_CREDITS,
    "invalid_request_error": Outcome.BAD_INPUT,
    "not_found_error": Outcome.BAD_INPUT,
}
"""Others, such as `overloaded_error` and `api_error`, pass."""


class Anthropic:
    """`/v1/messages`, streamed."""

    name = "anthropic"
    title = "Anthropic"
    family = "anthropic"
    whole = frozenset({"end_turn", "stop_sequence"})

    def call(self, where: Access, model: str, prompt: Prompt, timeout_s: float) -> Call:
        body = {
            "model": model,
            "max_tokens": prompt.output_tokens_max,
            "system": prompt.system,
            "messages": [{"role": "user", "content": prompt.user}],
            "stream": True,
        }
        headers = {"x-api-key": where.key, "anthropic-version": _VERSION}
        return Call(method="POST", url=f"{where.base_url}/v1/messages", headers=headers, body=body, timeout_s=timeout_s)

    def take(self, event: JsonObject, progress: Progress) -> str:
        match event:
            case {"type": "message_start", "message": dict() as message}:
                progress.model = word(message.get("model")) or progress.model
                progress.request_id = progress.request_id or word(message.get("id"))
                _count(message.get("usage"), progress)
            case {"type": "content_block_delta", "delta": {"type": "text_delta", "text": str() as text}}:
                return text
            case {"type": "message_delta", "delta": dict() as delta}:
                progress.reason = word(delta.get("stop_reason")) or progress.reason
                _count(event.get("usage"), progress)
            case {"type": "error", "error": dict() as error}:
                outcome = _ERRORS.get(str(error.get("type")), Outcome.TRANSIENT)
                raise StreamFailed(outcome, str(error.get("message") or error.get("type")))
            case _:
                pass  # pings, and the borders of blocks
        return ""

    def outcome(self, answer: Answer) -> Outcome:
        # An empty account is a bad request here.
        if answer.status == 400 and "credit balance" in answer.text.lower():
            return Outcome.OUT_OF_CREDITS
        return outcome_of(answer.status)


def _count(usage: object, progress: Progress) -> None:
    if isinstance(usage, dict):
        # The counts of a later event are of the whole message.
        progress.input_tokens = whole_number(usage.get("input_tokens")) or progress.input_tokens
        progress.output_tokens = whole_number(usage.get("output_tokens")) or progress.output_tokens
