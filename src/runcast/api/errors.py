"""Errors as HTTP says them: a status, and `{"error", "code"}` with whatever else helps.

Clients of the API try 408, 409, 429 and 5xx again, so a request that can never succeed is none of these: a state that
does not allow what was asked is 422.
"""

from __future__ import annotations

import logging
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException

from runcast.domain.errors import (
    AccessDenied,
    Conflict,
    InvalidInput,
    NotFound,
    Overloaded,
    RuncastError,
    Unavailable,
    ValueTooLarge,
)

log = logging.getLogger("runcast")

_STATUS: tuple[tuple[type[RuncastError], int], ...] = (
    (ValueTooLarge, 413),
    (InvalidInput, 400),
    (NotFound, 404),
    (Conflict, 422),
    (AccessDenied, 403),
    (Overloaded, 429),
    (Unavailable, 503),
)
_CODES = {
    400: "invalid_request",
    401: "unauthenticated",
    403: "unauthorized",
    404: "not_found",
    405: "method_not_allowed",
    411: "length_required",
    413: "value_too_large",
    415: "unsupported_media_type",
    429: "rate_limited",
    503: "unavailable",
}


class ErrorBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """What every response says that is no success."""

    error: str
    """One sentence for people."""
    code: str = ""
    """Stable, for programs."""
    param: str = ""
    """The part of the request that is meant."""
    issues: tuple[str, ...] = ()
    """What does not fit, part by part."""


class Refused(HTTPException):
    """A refusal that no error of the engine stands for: no key, a scope that is missing, a wrong content type."""

    def __init__(self, status_code: int, message: str, *, code: str = "", param: str = "", **headers: str) -> None:
        super().__init__(detail=message, status_code=status_code, headers=headers or None)
        self.body = ErrorBody(message, code or _CODES.get(status_code, "refused"), param)


def status_of(error: RuncastError) -> int:
    """The HTTP status of an error of the engine."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def answer_error(_request: Request[Any, Any, Any], error: Exception) -> Response[ErrorBody]:
    """The response to whatever a route raised."""
    match error:
        case Refused():
            return _response(error.body, error.status_code, error.headers)
        case RuncastError():
            return _response(ErrorBody(str(error), error.code), status_of(error))
        case ValidationException():
            return _response(_invalid(error), 400)
        case HTTPException():
            code = _CODES.get(error.status_code, "refused")
            return _response(ErrorBody(error.detail, code), error.status_code, error.headers)
        case RecursionError():
            return _response(ErrorBody("the request is nested too deeply", _CODES[400]), 400)
        case _:
            log.error("a request failed", exc_info=error)
            return _response(ErrorBody("internal server error", "internal"), 500)


def _invalid(error: ValidationException) -> ErrorBody:
    extra = error.extra if isinstance(error.extra, list) else []
    issues = tuple(f"{one.get('key', 'body')}: {one.get('message', '')}" for one in extra if isinstance(one, dict))
    return ErrorBody("; ".join(issues) or error.detail, "invalid_request", issues=issues)


def _response(body: ErrorBody, status: int, headers: dict[str, str] | None = None) -> Response[ErrorBody]:
    return Response(body, status_code=status, headers=headers, media_type="application/json")
