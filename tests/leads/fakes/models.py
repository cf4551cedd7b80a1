"""Models that stream: the same text in the protocol of each family, with a fault wherever a test wants one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from tests.leads.fakes.profiles import KEY
from tests.leads.fakes.server import Asked, Fault, Reply

EMAIL = "Subject: Engines\n\nHi Ada,\n\nshall we talk?\n\nBest,\nGrace"
Part = str | bytes | Fault


def openai(asked: Asked) -> Reply:
    if asked.headers.get("authorization") != f"Bearer {KEY}":
        return openai_error(401, "invalid_api_key", f"Incorrect API key provided: {asked.headers.get('authorization')}")
    return stream(openai_parts(EMAIL))


def openai_error(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> Reply:
    return Reply(status, {"error": {"message": message, "type": code, "param": None, "code": code}}, headers or {})


def openai_parts(text: str, *, reason: str | None = "stop", usage: dict[str, Any] | None = None) -> list[Part]:
    base: dict[str, Any] = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "gpt-5-mini"}
    chunks: list[dict[str, Any]] = [
        {**base, "choices": [{"index": 0, "delta": {"content": piece}, "finish_reason": None}]}
        for piece in pieces(text)
    ]
    if reason:
        chunks.append({**base, "choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
        counts = usage or {"prompt_tokens": 1000, "completion_tokens": 500, "total_tokens": 1500}
        chunks.append({**base, "choices": [], "usage": counts})
    return [*(event(chunk) for chunk in chunks), *(["data: [DONE]\n\n"] if reason else [])]


def anthropic(asked: Asked) -> Reply:
    if asked.headers.get("x-api-key") != KEY or "anthropic-version" not in asked.headers:
        return anthropic_error(401, "authentication_error", "invalid x-api-key")
    return stream(anthropic_parts(EMAIL))


def anthropic_error(status: int, kind: str, message: str, headers: dict[str, str] | None = None) -> Reply:
    return Reply(status, {"type": "error", "error": {"type": kind, "message": message}}, headers or {})


def anthropic_parts(text: str, *, reason: str | None = "end_turn") -> list[Part]:
    message = {"id": "msg_1", "model": "claude-sonnet-5-5", "usage": {"input_tokens": 1000, "output_tokens": 1}}
    events: list[dict[str, Any]] = [{"type": "message_start", "message": message}, {"type": "ping"}]
    events.append({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}})
    for piece in pieces(text):
        events.append({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": piece}})
    if reason:
        events.append({"type": "content_block_stop", "index": 0})
        events.append({"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": 500}})
        events.append({"type": "message_stop"})
    return [f"event: {one['type']}\n{event(one)}" for one in events]


def gemini(asked: Asked) -> Reply:
    if asked.headers.get("x-goog-api-key") != KEY:
        details = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}]
        return gemini_error(400, "INVALID_ARGUMENT", "API key not valid.", details)
    return stream(gemini_parts(EMAIL))


def gemini_error(status: int, name: str, message: str, details: Sequence[dict[str, Any]] = ()) -> Reply:
    return Reply(status, {"error": {"code": status, "message": message, "status": name, "details": list(details)}})


def gemini_parts(text: str, *, reason: str | None = "STOP") -> list[Part]:
    chunks: list[dict[str, Any]] = []
    for piece in pieces(text):
        chunks.append({"candidates": [{"content": {"parts": [{"text": piece}], "role": "model"}, "index": 0}]})
    if reason:
        chunks[-1]["candidates"][0]["finishReason"] = reason
        chunks[-1]["usageMetadata"] = {"promptTokenCount": 1000, "candidatesTokenCount": 400, "thoughtsTokenCount": 100}
    return [event(chunk | {"modelVersion": "gemini-3.5-flash", "responseId": "r1"}) for chunk in chunks]


def stream(parts: Sequence[Part]) -> Reply:
    return Reply(200, parts=parts, content_type="text/event-stream", headers={"x-request-id": "req_1"})


def event(value: Any) -> str:
    return f"data: {json.dumps(value)}\n\n"


def pieces(text: str) -> list[str]:
    """As tokens come: a few characters at a time."""
    return [text[start : start + 6] for start in range(0, len(text), 6)]
