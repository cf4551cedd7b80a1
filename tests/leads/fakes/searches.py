"""Perplexity's Agent API, Tavily and Brave, as their documentation describes them."""

from __future__ import annotations

from typing import Any

from tests.leads.fakes.profiles import KEY
from tests.leads.fakes.server import Asked, Reply

FOUND = [
    {"id": 1, "title": "Analytical Engines raises", "url": "https://news.example/raise", "snippet": "A round of 9 million.",
     "date": "2026-10-01", "source": "web"},
    {"id": 2, "title": "About Ada <b>Lovelace</b>", "url": "https://analytical.example/ada", "snippet": "She leads engineering.",
     "date": "", "source": "web"},
]  # fmt: skip


def perplexity(asked: Asked) -> Reply:
    if asked.headers.get("authorization") != f"Bearer {KEY}":
        return Reply(401, {"error": {"message": "Invalid API key provided", "type": "invalid_api_key", "code": 401}})
    if asked.path != "/v1/agent" or not isinstance(asked.body, dict) or "input" not in asked.body:
        return Reply(400, {"error": {"message": "input is required", "type": "bad_request", "code": 400}})
    return Reply(200, agent_body("## Person\nAda leads engineering [2].\n\n## Company\nIt raised 9 million [1]."))


def agent_body(text: str, *, status: str = "completed", cost: float | None = 0.0123) -> dict[str, Any]:
    usage: dict[str, Any] = {"input_tokens": 5200, "output_tokens": 240, "total_tokens": 5440}
    if cost is not None:
        usage["cost"] = {"currency": "USD", "input_cost": 0.0013, "output_cost": 0.0006, "total_cost": cost}
    message = {
        "type": "message",
        "role": "assistant",
        "content": [{"type": "output_text", "text": text, "annotations": []}],
    }
    return {
        "id": "resp_1",
        "object": "response",
        "status": status,
        "model": "perplexity/sonar",
        "output": [{"type": "search_results", "queries": ["ada lovelace"], "results": FOUND}, message],
        "usage": usage,
    }


def tavily(asked: Asked) -> Reply:
    if asked.headers.get("authorization") != f"Bearer {KEY}":
        return Reply(401, {"detail": {"error": "Unauthorized: missing or invalid API key."}})
    results = [{"url": one["url"], "title": one["title"], "content": one["snippet"], "score": 0.9} for one in FOUND]
    return Reply(200, {"query": asked.body["query"], "results": results, "response_time": 0.9})


def brave(asked: Asked) -> Reply:
    if asked.headers.get("x-subscription-token") != KEY:
        error = {
            "code": "SUBSCRIPTION_TOKEN_INVALID",
            "detail": "The provided subscription token is invalid.",
            "status": 422,
        }
        return Reply(422, {"type": "ErrorResponse", "error": error})
    results = [
        {"url": one["url"], "title": one["title"], "description": one["snippet"], "age": one["date"]} for one in FOUND
    ]
    return Reply(200, {"type": "search", "web": {"type": "search", "results": results}})
