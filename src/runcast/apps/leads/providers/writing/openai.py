"""OpenAI's chat completions, which many other servers speak."""

from __future__ import annotations

from runcast.apps.leads.contract import JsonObject, Outcome
from runcast.apps.leads.providers.exchange import Answer, Call
from runcast.apps.leads.providers.keys import Access
from runcast.apps.leads.providers.outcomes import outcome_of
from runcast.apps.leads.providers.values import dollars, whole_number, word
from runcast.apps.leads.providers.writing.model import Progress, Prompt, StreamFailed

URL = "https://api.openai.com/v1"
MODEL = "gpt-5-mini"


class OpenAI:
    """`/chat/completions`, streamed."""

    name = "openai"
    title = "OpenAI"
    family = ""
    whole = frozenset({"stop"})

    def call(self, where: Access, model: str, prompt: Prompt, timeout_s: float) -> Call:
        # OpenAI's newer models refuse `max_tokens`; servers that only speak its protocol know nothing else.
        limit = "max_completion_tokens" if where.base_url == URL else "max_tokens"
        body = {
            "model": model,
            "messages": [{"role": "system", "content": prompt.system}, {"role": "user", "content": prompt.user}],
            "stream": True,
            "stream_options": {"include_usage": True},
            limit: prompt.output_tokens_max,
        }
        headers = {"authorization": f"Bearer {where.key}"} if where.key else {}
        url = f"{where.base_url}/chat/completions"
        return Call(method="POST", url=url, headers=headers, body=body, timeout_s=timeout_s)

    def take(self, event: JsonObject, progress: Progress) -> str:
        if error := event.get("error"):
            raise _failed(error)
        progress.model = word(event.get("model")) or progress.model
        progress.request_id = progress.request_id or word(event.get("id"))
        if isinstance(usage := event.get("usage"), dict):
            progress.input_tokens = whole_number(usage.get("prompt_tokens"))
            progress.output_tokens = whole_number(usage.get("completion_tokens"))
            progress.cost_usd = dollars(usage.get("cost"))
        match event.get("choices"):
            case [dict() as choice, *_]:
                progress.reason = word(choice.get("finish_reason")) or progress.reason
                delta = choice.get("delta")
                text = delta.get("content") if isinstance(delta, dict) else None
                return text if isinstance(text, str) else ""
            case _:
                return ""

    def outcome(self, answer: Answer) -> Outcome:
        error = answer.object.get("error")
        code = error.get("code") if isinstance(error, dict) else None
        # One status for "too fast" and "nothing left": only its code tells.
        if answer.status == 429 and code in ("insufficient_quota", "billing_hard_limit_reached"):
            return Outcome.OUT_OF_CREDITS
        return outcome_of(answer.status)


def _failed(error: object) -> StreamFailed:
    match error:
        case {"message": str() as text, "code": code}:
            is_limit = str(code) in ("429", "rate_limit_exceeded")
            return StreamFailed(Outcome.RATE_LIMITED if is_limit else Outcome.TRANSIENT, text)
        case {"message": str() as text}:
            return StreamFailed(Outcome.TRANSIENT, text)
        case _:
            return StreamFailed(Outcome.TRANSIENT, str(error))
