"""`/a/…`: the page on which a person answers a wait. A GET changes nothing, because mail programs open every link."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath

from runcast.api.answer_pages import HEADERS, came_from_form, unknown_page, wait_page
from runcast.api.context import Api
from runcast.domain.answer_address import named_by
from runcast.domain.answer_form import AnswerForm, answer_form
from runcast.domain.errors import InvalidPayload
from runcast.domain.ids import RunId
from runcast.domain.journal import Wait

ANSWER_BYTES_MAX = 256 * 1024
BY_LINK = "link"
"""Who completed a wait: whoever had its address."""
_OF_OTHERS = frozenset({"cross-site", "same-site"})
_OPTIONS: dict[str, Any] = {"opt": {"open": True}, "include_in_schema": False}


@get("/a/{token:str}", **_OPTIONS)
async def show(token: FromPath[str], api: Api) -> Response[str]:
    """The question, or how it was decided."""
    wait = await _find(api, token)
    return _answer(unknown_page(), 404) if wait is None else await _shown(api, wait)


@post("/a/{token:str}", status_code=200, request_max_body_size=ANSWER_BYTES_MAX, **_OPTIONS)
async def decide(token: FromPath[str], request: Request[Any, Any, Any], api: Api) -> Response[str]:
    """Complete the wait with what the form says, and lead back to the page."""
    wait = await _find(api, token)
    if wait is None:
        return _answer(unknown_page(), 404)
    posted = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
    if request.headers.get("sec-fetch-site") in _OF_OTHERS or not came_from_form(api, wait.id, posted.get("seal", "")):
        return await _shown(api, wait, 403, problem="Please answer on this page itself.")
    if wait.completed_at is not None:
        return await _shown(api, wait, 409)
    try:
        value = _value(answer_form(wait.schema), posted)
        await api.engine.complete_wait(wait.id, value, by=BY_LINK)
    except InvalidPayload as error:
        return await _shown(api, wait, 422, problem=str(error).partition(": ")[2] or str(error))
    # What is reloaded afterwards is the page, not the decision.
    return Response("", status_code=303, headers={"location": request.url.path.rpartition("/")[2]})


def _value(form: AnswerForm | None, posted: dict[str, str]) -> str:
    if form is not None:
        return msgspec.json.encode(form.answer(posted)).decode()
    try:
        return msgspec.json.encode(msgspec.json.decode(posted.get("json", ""))).decode()
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidPayload(f"the answer: this is no JSON ({error})") from error


async def _find(api: Api, token: str) -> Wait | None:
    wait_id = named_by(api.secret, token)
    return None if wait_id is None else await api.engine.find_wait(wait_id)


async def _shown(api: Api, wait: Wait, status: int = 200, *, problem: str = "") -> Response[str]:
    run = None if wait.run_id is None else await api.engine.find_run(RunId(wait.run_id))
    task = "" if run is None else run.task
    return _answer(wait_page(api, wait, answer_form(wait.schema), task=task, problem=problem), status)


def _answer(page: str, status: int) -> Response[str]:
    return Response(page, status_code=status, media_type="text/html", headers=HEADERS)


ROUTES = [show, decide]
