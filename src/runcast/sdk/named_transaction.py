"""Transactions of an extension as the engine knows them: by name, with arguments and results as JSON."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, update_wrapper
from typing import Any, Generic, ParamSpec, TypeVar, get_args

from runcast.domain.errors import InvalidInput
from runcast.domain.ids import RunId
from runcast.domain.transaction import Transaction
from runcast.gateway import ClientGateway
from runcast.sdk.ambient import current_door
from runcast.sdk.call import Call
from runcast.sdk.codec import ValueCodec, codec_for
from runcast.sdk.payload import PayloadCodec, Signature, payload_codec
from runcast.sdk.scope import current_scope
from runcast.sdk.step import Step

P = ParamSpec("P")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)


class NamedTransaction(Generic[P, R_co]):
    """A registered transaction: `await transact(add, "milk")`. Inside another: `yield from add(tx, "milk")`."""

    __name__: str

    def __init__(self, extension: str, fn: Callable[..., Transaction[R_co]], make_tx: Callable[[int], Any]) -> None:
        self.extension = extension
        self.fn = fn
        self.name = fn.__name__
        self._make_tx = make_tx
        update_wrapper(self, fn, updated=())

    def __repr__(self) -> str:
        return f"<transaction {self.extension}.{self.name}>"

    def __call__(self, tx: Any, *args: P.args, **kwargs: P.kwargs) -> Transaction[R_co]:
        return self.fn(tx, *args, **kwargs)

    def begin(self, now_ms: int, arguments: str) -> Transaction[str]:
        """Begin it with arguments as JSON; it ends with its result as JSON."""
        args, kwargs = self.arguments.decode(arguments)
        result = yield from self.fn(self._make_tx(now_ms), *args, **kwargs)
        return self.result.encode(result, what=f"result of {self.extension}.{self.name}")

    @cached_property
    def arguments(self) -> PayloadCodec:
        """How arguments travel, without `tx`."""
        return payload_codec(_WithoutTx(self.fn, name=f"{self.extension}.{self.name}"))

    @cached_property
    def result(self) -> ValueCodec[Any]:
        """How the result travels: `R` of the annotation `Transaction[R]`."""
        returned = get_args(Signature(self.fn, name=self.name).returns)
        return codec_for(returned[-1] if returned else Any)


class _WithoutTx(Signature):
    """The parameters after the first."""

    def __init__(self, fn: Callable[..., Any], *, name: str) -> None:
        super().__init__(fn, name=name)
        if not self.parameters:
            raise InvalidInput(f"transaction {name} takes `tx` as its first parameter")
        first, *rest = self.parameters.values()
        self.inspected = self.inspected.replace(parameters=rest)
        self.parameters = self.inspected.parameters
        del self.annotations[first.name]


def transact(fn: NamedTransaction[P, R], *args: P.args, **kwargs: P.kwargs) -> Call[R]:
    """Run a registered transaction of an extension in the engine; the call ends after the commit, with its result.

    In a body it is a step, and happens exactly once: a retry, a take-over or a crash in between gets the first result.

    >>> item = await transact(add, "milk")  # doctest: +SKIP
    """
    if not isinstance(fn, NamedTransaction):
        raise InvalidInput(f"transact takes a function registered with @extension.transaction, got {fn!r}")
    arguments = fn.arguments.encode(args, kwargs)
    scope = current_scope.get()
    if scope is None or scope.trial is not None:
        return _ask(fn, arguments, None, "")
    return _TransactStep(fn)(arguments)


def _ask(fn: NamedTransaction[..., R], arguments: str, run_id: RunId | None, key: str) -> Call[R]:
    async def ask(gateway: ClientGateway) -> R:
        text = await gateway.transact(fn.extension, fn.name, arguments, run_id=run_id, key=key)
        result: R = fn.result.decode(text, what=f"result of {fn.extension}.{fn.name}")
        return result

    return current_door().call(ask, again=None if run_id is None else ask)


class _TransactStep(Step[[str], Any]):
    """A step that does nothing but its transaction, under the step's own key; its value is read as the transaction's."""

    def __init__(self, fn: NamedTransaction[..., Any]) -> None:
        self._transaction = fn
        super().__init__(self._transact, retry=None, key=None, name=f"{fn.extension}.{fn.name}")

    @property
    def codec(self) -> ValueCodec[Any]:
        return self._transaction.result

    async def _transact(self, arguments: str) -> Any:
        scope = current_scope.get()
        assert scope is not None
        assert scope.trial is not None
        return await _ask(self._transaction, arguments, scope.execution.run_id, scope.trial.key)
