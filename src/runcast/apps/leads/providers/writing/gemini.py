"""Google's Gemini."""

from __future__ import annotations

import re

from runcast.apps.leads.contract import JsonObject, Outcome
from runcast.apps.leads.providers.exchange import Answer, Call
from runcast.apps.leads.providers.keys import Access
from runcast.apps.leads.providers.outcomes import outcome_of
from runcast.apps.leads.providers.values import whole_number, word
from runcast.apps.leads.providers.writing.model import Progress, Prompt, StreamFailed

URL = "https://generativelanguage.googleapis.com"
MODEL = "gemini-3.5-flash"
_MODEL_NAME = re.compile(r"[^A-Za-z0-9._-]")


class Gemini:
    """`streamGenerateContent` as server-sent events."""

    name = "gemini"
    title = "Gemini"
    family = "google"
    whole = frozenset({"STOP"})

    def call(self, where: Access, model: str, prompt: Prompt, timeout_s: float) -> Call:
        body = {
            "systemInstruction": {"parts": [{"text": prompt.system}]},
            "contents": [{"role": "user", "parts": [{"text": prompt.user}]}],
            "generationConfig": {"maxOutputTokens": prompt.output_tokens_max},
        }
        return Call(
            method="POST",
            url=f"{where.base_url}/v1beta/models/{_MODEL_NAME.sub('', model)}:streamGenerateContent",
            params={"alt": "sse"},
            headers={"x-goog-api-key": where.key},
            body=body,
            timeout_s=timeout_s,
        )

    def take(self, event: JsonObject, progress: Progress) -> str:
        if isinstance(error := event.get("error"), dict):
            is_limit = error.get("code") == 429
            outcome = Outcome.RATE_LIMITED if is_limit else Outcome.TRANSIENT
            raise StreamFailed(outcome, str(error.get("message") or error.get("status")))
        progress.model = word(event.get("modelVersion")) or progress.model
        progress.request_id = progress.request_id or word(event.get("responseId"))
        if isinstance(usage := event.get("usageMetadata"), dict):
            progress.input_tokens = whole_number(usage.get("promptTokenCount"))
            thought = whole_number(usage.get("thoughtsTokenCount"))
            progress.output_tokens = whole_number(usage.get("candidatesTokenCount")) + thought
        match event:
            case {"candidates": [dict() as candidate, *_]}:
                progress.reason = word(candidate.get("finishReason")) or progress.reason
                return _text(candidate)
            case {"promptFeedback": {"blockReason": str() as reason}}:
                # It refuses the question itself: there is no candidate, and will be none.
                progress.reason = reason
            case _:
                pass  # counts alone
        return ""

    def outcome(self, answer: Answer) -> Outcome:
        if answer.status == 400 and "API_KEY_INVALID" in answer.text:
            return Outcome.AUTH_ERROR
        if answer.status == 429 and "PerDay" in answer.text:
            return Outcome.OUT_OF_CREDITS
        return outcome_of(answer.status)


def _text(candidate: JsonObject) -> str:
    match candidate:
        case {"content": {"parts": list() as parts}}:
            texts = (part.get("text") for part in parts if isinstance(part, dict) and not part.get("thought"))
            return "".join(text for text in texts if isinstance(text, str))
        case _:
            return ""
