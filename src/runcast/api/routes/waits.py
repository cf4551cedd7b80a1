"""Waitpoint tokens: the waits of runs, for people and programs to complete. They are the same as `wait.create_token`'s."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any
from urllib.parse import quote

import msgspec
from litestar import Request, Response, get, post
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, QueryParameter

from runcast.api.answer_pages import answer_url
from runcast.api.caller import Caller
from runcast.api.context import Api
from runcast.api.errors import ErrorBody, Refused
from runcast.api.filters import CreatedFrom, CreatedTo, Period, created_range, words
from runcast.api.pages import PAGE_SIZE, After, Before, Cursors, Size, check_cursors, cursors
from runcast.api.trigger import read_delay, read_duration
from runcast.api.views.wait import WaitAddresses, WaitView, WholeWaitView, show_wait, wait_fields
from runcast.domain.errors import InvalidInput, NotFound
from runcast.domain.journal import NewWait, Wait
from runcast.domain.limits import PAYLOAD_BYTES_MAX
from runcast.sdk.fresh_ids import fresh_id
from runcast.sdk.options import check_key, parse_tags
from runcast.store import waits

TOKEN_LIFETIME_S = 86_400
STATUSES = frozenset({"WAITING", "COMPLETED", "TIMED_OUT"})
_SIGNATURE = "waitpoint callbacks"


class NewWaitBody(msgspec.Struct, frozen=True):
    """A token to be created."""

    idempotency_key: str | None = msgspec.field(default=None, name="idempotencyKey")
    """Equal keys mean the same token."""
    idempotency_ttl: str | None = msgspec.field(default=None, name="idempotencyKeyTTL")
    """For so long, such as `1h`."""
    timeout: str | None = None
    """When it ends unanswered: a duration from now such as `7d`, or a date."""
    tags: str | list[str] | None = None
    question: str | None = None
    """What people are asked, in the dashboard and on the token's page."""


class NewWaitView(msgspec.Struct, frozen=True, rename="camel"):
    """The token of a call to create one."""

    id: str
    is_cached: bool
    """The idempotency key named a token that existed."""
    url: str
    page_url: str
    """Where a person answers without an account."""


class WaitList(msgspec.Struct, frozen=True):
    """A page of tokens, newest first."""

    data: tuple[WaitView, ...]
    pagination: Cursors


class CompleteBody(msgspec.Struct, frozen=True):
    """The value that completes a token."""

    data: Any = None


class Completed(msgspec.Struct, frozen=True):
    """It is complete, now or before."""

    success: bool = True


@post("/api/v1/waitpoints/tokens", status_code=200, tags=["Waitpoints"], summary="Create a waitpoint token")
async def create(data: NewWaitBody, api: Api, caller: Caller) -> Response[NewWaitView]:
    """Make a token for a run to wait for by its id. `x-trigger-jwt` in the response completes it from a browser."""
    caller.require("write")
    new = NewWait(
        fresh_id("waitpoint"),
        timeout_ms=_timeout_ms(data.timeout, api.now_ms()),
        tags=parse_tags(data.tags or ()),
        idempotency_key=check_key(data.idempotency_key or None, "idempotencyKey"),
        idempotency_ttl_ms=(
            None if data.idempotency_ttl is None else read_duration(data.idempotency_ttl, "idempotencyKeyTTL")
        ),
        environment=caller.environment,
        question=check_key(data.question or None, "question"),
    )
    wait = await api.engine.create_wait(new)
    headers = api.handle_headers(caller.environment, [f"write:waitpoints:{wait.id}"], lifetime_s=TOKEN_LIFETIME_S)
    return Response(
        NewWaitView(wait.id, wait.id != new.id, callback_url(api, wait.id), answer_url(api, wait.id)), headers=headers
    )


@get("/api/v1/waitpoints/tokens", tags=["Waitpoints"], summary="List waitpoint tokens")
async def list_all(
    api: Api,
    caller: Caller,
    size: Size = PAGE_SIZE,
    after: After = None,
    before: Before = None,
    status: Annotated[
        str | None, QueryParameter(name="filter[status]", description="Words with commas between.")
    ] = None,
    key: Annotated[str | None, QueryParameter(name="filter[idempotencyKey]")] = None,
    tag: Annotated[str | None, QueryParameter(name="filter[tags]", description="Any of these.")] = None,
    period: Period = None,
    since: CreatedFrom = None,
    until: CreatedTo = None,
) -> WaitList:
    """Tokens of the environment, newest first."""
    caller.require("read")
    check_cursors(after, before)
    created_from, created_to = created_range(period, since, until, now_ms=api.now_ms())
    filter = waits.WaitFilter(
        caller.environment,
        statuses=_statuses(status),
        tags=words(tag, "filter[tags]"),
        idempotency_key=key or None,
        created_from=created_from,
        created_to=created_to,
    )
    page = await api.engine.store.read(partial(waits.page, filter, after=after, before=before, limit=size))
    shown = tuple(
        WaitView(**wait_fields(wait, _addresses(api, caller, wait.id), page.tasks.get(wait.run_id or "")))
        for wait in page.waits
    )
    return WaitList(shown, cursors([wait.id for wait in page.waits], newer=page.newer, older=page.older))


@get("/api/v1/waitpoints/tokens/{wait_id:str}", tags=["Waitpoints"], summary="Retrieve a waitpoint token")
async def retrieve(wait_id: FromPath[str], api: Api, caller: Caller) -> WholeWaitView:
    """A token as it is now, with the value that completed it."""
    caller.require("read")
    wait = await _find(api, caller, wait_id)
    tasks = await api.engine.store.read(partial(waits.tasks_of, [wait.run_id] if wait.run_id else []))
    return show_wait(wait, _addresses(api, caller, wait.id), tasks.get(wait.run_id or ""))


@post(
    "/api/v1/waitpoints/tokens/{wait_id:str}/complete",
    status_code=200,
    tags=["Waitpoints"],
    summary="Complete a waitpoint token",
)
async def complete(wait_id: FromPath[str], data: CompleteBody, api: Api, caller: Caller) -> Completed:
    """Give the token its value; the runs that wait for it go on. The first completion wins, later ones change nothing."""
    caller.require("write", f"waitpoints:{wait_id}")
    wait = await _find(api, caller, wait_id)
    await api.engine.complete_wait(wait.id, msgspec.json.encode(data.data).decode(), by=caller.name or None)
    return Completed()


@post(
    "/api/v1/waitpoints/tokens/{wait_id:str}/callback/{signature:str}",
    status_code=200,
    opt={"open": True},
    security=[{}],
    request_max_body_size=PAYLOAD_BYTES_MAX,
    responses={
        401: ResponseSpec(ErrorBody, description="The address was not signed by this server"),
        404: ResponseSpec(ErrorBody, description="There is no such token"),
        411: ResponseSpec(ErrorBody, description="The request does not say its length"),
        413: ResponseSpec(ErrorBody, description="The body is too large"),
    },
    tags=["Waitpoints"],
    summary="Complete a waitpoint token from its callback URL",
)
async def callback(
    wait_id: FromPath[str], signature: FromPath[str], request: Request[Any, Any, Any], api: Api
) -> Completed:
    """For programs of others, who know the `url` of a token and nothing else: the JSON body is the value.

    A body that is no JSON counts as `{}`.
    """
    if "content-length" not in request.headers:
        raise Refused(411, "Content-Length is required")
    wait = await api.engine.find_wait(wait_id)
    if wait is None:
        raise NotFound("Waitpoint not found")
    if not api.secret.is_signed(_SIGNATURE, wait.id, signature):
        raise Refused(401, "Invalid callback URL: its last part is not what this server signed")
    await api.engine.complete_wait(wait.id, _json_or_empty(await request.body()))
    return Completed()


def callback_url(api: Api, wait_id: str) -> str:
    """Where a token is completed without a key: whoever knows the address may."""
    return _url(api, wait_id, api.secret.sign(_SIGNATURE, wait_id))


def _addresses(api: Api, caller: Caller, wait_id: str) -> WaitAddresses:
    """Whoever only reads is not told how to complete a token."""
    if caller.may("write"):
        return WaitAddresses(callback_url(api, wait_id), answer_url(api, wait_id))
    return WaitAddresses(_url(api, wait_id, "hidden"), f"{api.base_url}/a/hidden")


def _url(api: Api, wait_id: str, signature: str) -> str:
    return f"{api.base_url}/api/v1/waitpoints/tokens/{quote(wait_id, safe='')}/callback/{signature}"


async def _find(api: Api, caller: Caller, wait_id: str) -> Wait:
    wait = await api.engine.find_wait(wait_id)
    if wait is None or wait.environment != caller.environment:
        raise NotFound("Waitpoint not found")
    return wait


def _timeout_ms(timeout: str | None, now_ms: int) -> int | None:
    if not timeout:
        return None
    try:
        delay_ms, at = read_delay(timeout)
    except InvalidInput as error:
        raise Refused(422, f"timeout: {error}", code=error.code, param="timeout") from error
    return delay_ms if at is None else max(0, at - now_ms)


def _statuses(text: str | None) -> tuple[str, ...]:
    found = words(text, "filter[status]")
    for status in found:
        if status not in STATUSES:
            raise InvalidInput(f"filter[status] is one of {', '.join(sorted(STATUSES))}, got {status[:100]!r}")
    return found


def _json_or_empty(body: bytes) -> str:
    try:
        return msgspec.json.encode(msgspec.json.decode(body)).decode()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return "{}"


ROUTES = [create, list_all, retrieve, complete, callback]
