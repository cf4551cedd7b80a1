"""A step's body on its way to another process: which function, and with what."""

from __future__ import annotations

import importlib
import pickle  # noqa: TID251 - arguments are no record: code of ours hands them to code of ours, and only there
import sys
from collections.abc import Callable
from hashlib import blake2b
from typing import Any

import msgspec

from runcast.domain.effect import ROUNDS_SCOPE
from runcast.domain.errors import InvalidInput, InvalidPayload, ValueTooLarge
from runcast.domain.limits import PAYLOAD_BYTES_MAX
from runcast.gateway import Assignment

_WRAPPERS_MAX = 32


class Body(msgspec.Struct, frozen=True):
    """One try of a step, as an executor hands it on."""

    id: str
    """The same for the same try of the same step, in whichever process: what a cluster knows a body by."""
    step: str
    """The step's name, for people."""
    module: str
    qualname: str
    wrappers: int
    """How many decorators are around the function, under its name."""
    arguments: bytes

    def encode(self) -> bytes:
        """What `execute` takes."""
        return msgspec.msgpack.encode(self)

    def load(self) -> Callable[..., Any]:
        """The function, found by its name; for the process that executes it."""
        found = _look_up(self.module, self.qualname)
        for _ in range(self.wrappers):
            found = found.__wrapped__
        function: Callable[..., Any] = found
        return function

    def load_arguments(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """What it is called with."""
        args, kwargs = pickle.loads(self.arguments)  # noqa: S301 - from the worker that owns the run
        return args, kwargs

    def check_importable(self, place: str) -> None:
        """Raise `InvalidInput` for a function that only this program has: a cluster imports modules, not programs."""
        if self.module == "__main__":
            raise InvalidInput(
                f"step {self.step!r} cannot run on {place}: its function is in the program that was started "
                "(`__main__`), which other machines do not have; move it into a module that they can import"
            )


class Ended(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a body ended: the text of its result, or the record of its error."""

    value: str | None = None
    error: bytes = b""
    """An `ErrorInfo`."""
    is_final: bool = False
    """Another try would end the same."""


def make_body(fn: Callable[..., Any], work: Callable[[], Any], *, step: str, id: str) -> Body:
    """The body of `work`, which is `fn` with its arguments. Raises `InvalidInput` for what no other process can have."""
    module, qualname, wrappers = _reference(fn, step)
    args, kwargs = getattr(work, "args", ()), getattr(work, "keywords", {})
    try:
        arguments = pickle.dumps((args, kwargs), protocol=5)
    except Exception as error:
        raise InvalidPayload(
            f"an argument of step {step!r} cannot be sent to another process: {type(error).__name__}: {error}. "
            "Pass plain values, and open connections, files and the like inside the step"
        ) from error
    if len(arguments) > PAYLOAD_BYTES_MAX:
        raise ValueTooLarge(
            f"the arguments of step {step!r} have {len(arguments):,} bytes; at most {PAYLOAD_BYTES_MAX:,} are sent: "
            "store them where the other process can read them, and pass where that is"
        )
    # With the arguments: code that changed meanwhile may ask for something else in the same place.
    digest = blake2b(f"{id} {module} {qualname} ".encode() + arguments, digest_size=16)
    return Body(digest.hexdigest(), step, module, qualname, wrappers, arguments)


def place_in_run(run: Assignment, key: str, *, generation: int, number: int) -> str:
    """The same for the same try of the same step of a run, whichever worker executes it."""
    return f"{run.run_id}@{run.applied.get(ROUNDS_SCOPE, 0)} {generation}.{number} {key}"


def _reference(fn: Callable[..., Any], step: str) -> tuple[str, str, int]:
    module, qualname = getattr(fn, "__module__", None), getattr(fn, "__qualname__", None)
    bound_to = getattr(fn, "__self__", None)
    if isinstance(module, str) and isinstance(qualname, str) and (bound_to is None or bound_to is sys.modules[module]):
        found: Any = _find(module, qualname)
        for wrappers in range(_WRAPPERS_MAX):
            if found is fn:
                return module, qualname, wrappers
            found = getattr(found, "__wrapped__", None)
    raise InvalidInput(
        f"step {step!r} cannot run elsewhere: another process finds a function by its name, and {fn!r} is not what "
        f"{qualname or 'no name'!r} in {module!r} stands for; use a function at the top of a module, no lambda, "
        "closure, method or partial"
    )


def _find(module: str, qualname: str) -> Any:
    try:
        return _look_up(module, qualname)
    except (AttributeError, ImportError):
        return None


def _look_up(module: str, qualname: str) -> Any:
    found: Any = importlib.import_module(module)
    for part in qualname.split("."):
        found = getattr(found, part)
    return found
