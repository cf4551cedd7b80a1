"""Exceptions as records, and records as exceptions: never pickled, never importing anything."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import structs

import runcast
from runcast.domain.errors import ErrorInfo, InvalidPayload, StepFailed
from runcast.sdk.codec import decode_json, encode_json

T = TypeVar("T")

STACK_CHARS_MAX = 16_384
MESSAGE_CHARS_MAX = 8_192
ARGS_CHARS_MAX = 8_192

_OWN_FRAMES = str(Path(runcast.__file__).parent)
_LIBRARY_FRAMES = (_OWN_FRAMES, str(Path(traceback.__file__).parent / "asyncio"), "<frozen ")


class Recorded(Exception):
    """An error that is a record already, made where it happened: in another process."""

    def __init__(self, info: ErrorInfo, *, is_final: bool) -> None:
        self.info = info
        self.is_final = is_final
        """Another try would end the same."""
        super().__init__(info.message)


def error_info(error: BaseException, *, keys: tuple[str, ...] = ()) -> ErrorInfo:
    """The record of an exception: class, message, stack with user frames first, and what people see.

    An exception may carry `user_message` (shown first) and `code` (for programs) as attributes.
    """
    if isinstance(error, Recorded):
        return structs.replace(error.info, keys=keys)
    return ErrorInfo(
        type=_storable(f"{type(error).__module__}.{type(error).__qualname__}", MESSAGE_CHARS_MAX),
        message=_storable(_message(error), MESSAGE_CHARS_MAX),
        stack=_storable(_guarded(lambda: _stack(error)) or "", STACK_CHARS_MAX),
        user_message=_guarded(lambda: _text_attribute(error, "user_message")),
        code=_guarded(lambda: _text_attribute(error, "code")),
        keys=keys,
        args=_guarded(lambda: _args_json(error)),
    )


def _guarded(read: Callable[[], T]) -> T | None:
    """What `read` finds out about an exception. Its class is foreign code, which may raise anything, even an exit; a
    run whose error cannot be recorded in full must end all the same."""
    try:
        return read()
    except BaseException:  # noqa: BLE001 - foreign code
        return None


def rebuild_error(info: ErrorInfo) -> Exception:
    """An exception of the recorded class if that class is already imported here, else `StepFailed`.

    It is rebuilt from its `args`; other attributes are not recorded. What would read differently from the
    record becomes a `StepFailed` too.
    """
    kind = _find_class(info.type)
    if kind is not None and info.args is not None:
        args = decode_json(info.args)
        for candidate in _candidates(kind, args):
            if _message(candidate) == info.message:
                return candidate
    return StepFailed(info)


def _candidates(kind: type[Exception], args: list[Any]) -> Iterator[Exception]:
    try:
        yield kind(*args)
    except Exception:  # noqa: BLE001 - a foreign constructor may raise anything
        # It wants something else than its args; the bare object below still is of its class.
        pass
    try:
        bare = kind.__new__(kind, *args)
        bare.args = tuple(args)
        yield bare
    except Exception:  # noqa: BLE001 - a foreign constructor may raise anything
        return


def _find_class(qualified: str) -> type[Exception] | None:
    """The class, searched only in modules that are already imported."""
    parts = qualified.split(".")
    for split in range(len(parts) - 1, 0, -1):
        found: Any = sys.modules.get(".".join(parts[:split]))
        if found is None:
            continue
        for name in parts[split:]:
            found = getattr(found, name, None)
        return found if isinstance(found, type) and issubclass(found, Exception) else None
    return None


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except BaseException as broken:  # noqa: BLE001 - a foreign __str__ may raise anything
        return f"<{type(error).__name__} whose text cannot be made: {type(broken).__name__}>"


def _text_attribute(error: BaseException, name: str) -> str | None:
    value = getattr(error, name, None)
    return _storable(value, MESSAGE_CHARS_MAX) if isinstance(value, str) else None


def _args_json(error: BaseException) -> str | None:
    try:
        text = encode_json(list(error.args))
        # Only what comes back equal may rebuild it: an enum or a date would come back as text.
        return text if len(text) <= ARGS_CHARS_MAX and msgspec.json.decode(text) == list(error.args) else None
    except (InvalidPayload, msgspec.DecodeError):
        return None


def _storable(text: str, chars_max: int) -> str:
    """Text that any database holds: without NUL and lone surrogates, cut in the middle when too long."""
    clean = text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()
    if len(clean) <= chars_max:
        return clean
    half = chars_max // 2 - 20
    return f"{clean[:half]}\n… {len(clean) - 2 * half} characters cut …\n{clean[-half:]}"


def _stack(error: BaseException) -> str:
    """User frames first, then everything, when there is more to see."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if not frame.filename.startswith(_LIBRARY_FRAMES)]
    simple = len(own) == len(frames) and error.__cause__ is None and error.__context__ is None
    first = "".join(traceback.format_list(own) + traceback.format_exception_only(error))
    if simple and not isinstance(error, BaseExceptionGroup):
        return first
    return f"{first}\nIn full:\n{''.join(traceback.format_exception(error))}"
