"""A task's payload: its one structured parameter, or the object of its parameters."""

from __future__ import annotations

import inspect
import sys
import typing
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from runcast.domain.errors import InvalidInput, InvalidPayload
from runcast.sdk.annotations import is_plain, is_structured
from runcast.sdk.codec import Schema, ValueCodec, checked_text, codec_for, encode_json

_POSITIONAL_ONLY = inspect.Parameter.POSITIONAL_ONLY
_POSITIONAL = (_POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
_VAR_POSITIONAL = inspect.Parameter.VAR_POSITIONAL
_VAR_KEYWORD = inspect.Parameter.VAR_KEYWORD

Arguments = tuple[tuple[Any, ...], dict[str, Any]]


class Signature:
    """The parameters of a function with resolved annotations, and its return annotation."""

    def __init__(self, fn: Callable[..., Any], *, name: str, local_names: Mapping[str, Any] | None = None) -> None:
        hints = resolve_hints(fn, name=name, local_names=local_names)
        self.name = name
        self.inspected = inspect.signature(fn)
        self.parameters = self.inspected.parameters
        self.annotations = {key: hints.get(key, Any) for key in self.parameters}
        self.returns: Any = hints.get("return", Any)


def refuse_unnamed(fn: Callable[..., Any], name: str) -> None:
    """A task cannot take `*args`: its payload is an object, and they have no names."""
    for parameter in inspect.signature(fn).parameters.values():
        if parameter.kind is _VAR_POSITIONAL:
            raise InvalidInput(f"task {name!r} cannot take *{parameter.name}: use one list parameter instead")


def resolve_hints(fn: Callable[..., Any], *, name: str, local_names: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Annotations as objects. Raises `InvalidInput` for a name that exists only for type checkers."""
    closure = inspect.getclosurevars(fn).nonlocals if getattr(fn, "__closure__", None) else {}
    try:
        return typing.get_type_hints(fn, localns={**closure, **(local_names or {})} or None, include_extras=True)
    except NameError as error:
        raise InvalidInput(
            f"an annotation of {name!r} cannot be read: {error}. Import the name when the module runs, "
            "not only under TYPE_CHECKING"
        ) from error


def caller_names(fn: Callable[..., Any], depth: int) -> dict[str, Any] | None:
    """The local names around a function defined inside another, where its text annotations look for classes."""
    if "<locals>" not in fn.__qualname__ or not any(isinstance(text, str) for text in fn.__annotations__.values()):
        return None
    return dict(sys._getframe(depth + 1).f_locals)  # noqa: SLF001 - the only way to see a caller's names


def payload_codec(signature: Signature) -> PayloadCodec:
    """The codec that fits a signature best."""
    parameters = list(signature.parameters.values())
    named = all(p.kind is not _VAR_KEYWORD for p in parameters)
    if named and len(parameters) == 1 and is_structured(signature.annotations[parameters[0].name]):
        return WholeCodec(signature)
    if named and all(is_plain(signature.annotations[p.name]) for p in parameters):
        return FastCodec(signature)
    return ObjectCodec(signature)


class PayloadCodec:
    """Arguments of a call as payload text, and back, for one task."""

    def __init__(self, signature: Signature) -> None:
        self._signature = signature
        self._names = tuple(signature.parameters)
        self._positional = all(p.kind in _POSITIONAL for p in signature.parameters.values())
        self._what = f"payload of task {signature.name!r}"

    def encode(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
        """The payload of a call; raises `InvalidPayload` when the task would not take it."""
        raise NotImplementedError

    def decode(self, text: str) -> Arguments:
        """The arguments that a payload stands for; raises `InvalidPayload`."""
        raise NotImplementedError

    def schema(self) -> Schema:
        """JSON Schema of the payload, for forms, docs and agents."""
        raise NotImplementedError

    def _bind(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        """Arguments by parameter name, without the defaults: those belong to the code that runs later."""
        if self._positional and not kwargs and len(args) == len(self._names):
            return dict(zip(self._names, args, strict=True))
        try:
            return self._signature.inspected.bind(*args, **kwargs).arguments
        except TypeError as error:
            raise InvalidPayload(f"task {self._signature.name!r}: {error}") from error


class WholeCodec(PayloadCodec):
    """The one structured parameter is the payload."""

    def __init__(self, signature: Signature) -> None:
        super().__init__(signature)
        (self._parameter,) = signature.parameters.values()
        self._codec = codec_for(signature.annotations[self._parameter.name])

    def encode(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
        bound = self._bind(args, kwargs)
        if not bound:
            return "null"
        return self._codec.encode(bound[self._names[0]], what=self._what)

    def decode(self, text: str) -> Arguments:
        if text == "null" and self._parameter.default is not inspect.Parameter.empty:
            return (), {}
        value = self._codec.decode(text, what=self._what)
        if self._parameter.kind is inspect.Parameter.KEYWORD_ONLY:
            return (), {self._names[0]: value}
        return (value,), {}

    def schema(self) -> Schema:
        return self._codec.schema()


class ObjectCodec(PayloadCodec):
    """The payload is the object of the parameters, each with the codec of its annotation."""

    def __init__(self, signature: Signature) -> None:
        super().__init__(signature)
        self._codecs = {name: codec_for(annotation) for name, annotation in signature.annotations.items()}
        self._extra = next((p.name for p in signature.parameters.values() if p.kind is _VAR_KEYWORD), None)
        self._positional_only = tuple(p.name for p in signature.parameters.values() if p.kind is _POSITIONAL_ONLY)
        self._required = tuple(
            p.name
            for p in signature.parameters.values()
            if p.default is inspect.Parameter.empty and p.kind is not _VAR_KEYWORD
        )

    def encode(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
        bound = self._bind(args, kwargs)
        if self._extra is not None:
            bound.update(bound.pop(self._extra, {}))
        members = [
            f"{encode_json(name)}:{self._codec(name).encode(value, what=self._place(name))}"
            for name, value in bound.items()
        ]
        return checked_text(f"{{{','.join(members)}}}".encode(), self._what)

    def decode(self, text: str) -> Arguments:
        raw = self._raw(text)
        missing = [name for name in self._required if name not in raw]
        if missing:
            raise InvalidPayload(f"{self._what}: {', '.join(map(repr, missing))} missing")
        values = {name: self._codec(name).decode(bytes(raw[name]), what=self._place(name)) for name in raw}
        args = []
        for name in self._positional_only:
            if name not in values:
                break
            args.append(values.pop(name))
        return tuple(args), values

    def _raw(self, text: str) -> dict[str, msgspec.Raw]:
        if text == "null":
            return {}
        try:
            return msgspec.json.decode(text, type=dict[str, msgspec.Raw])
        except msgspec.DecodeError as error:
            raise InvalidPayload(f"{self._what} must be an object of its parameters: {error}") from error

    def _codec(self, name: str) -> ValueCodec[Any]:
        if name in self._codecs and name != self._extra:
            return self._codecs[name]
        if self._extra is not None:
            return self._codecs[self._extra]
        known = ", ".join(map(repr, self._names)) or "none"
        raise InvalidPayload(f"{self._what}: no parameter {name!r} (parameters: {known})")

    def _place(self, name: str) -> str:
        return f"{self._what}, {name!r}"

    def schema(self) -> Schema:
        definitions: Schema = {}
        properties: Schema = {}
        for parameter in self._signature.parameters.values():
            if parameter.kind is not _VAR_KEYWORD:
                properties[parameter.name] = self._property(parameter, definitions)
        schema: Schema = {"type": "object", "properties": properties, "additionalProperties": self._extra is not None}
        if self._required:
            schema["required"] = list(self._required)
        return schema | ({"$defs": definitions} if definitions else {})

    def _property(self, parameter: inspect.Parameter, definitions: Schema) -> Schema:
        """The schema of one parameter; its definitions move to the top, where `$ref` looks for them."""
        schema = dict(self._codecs[parameter.name].schema())
        definitions.update(schema.pop("$defs", {}))
        if parameter.default is not inspect.Parameter.empty:
            try:
                schema["default"] = msgspec.json.decode(encode_json(parameter.default))
            except InvalidPayload:
                pass  # a default without a JSON form, such as a sentinel, is not shown
        return schema


class FastCodec(ObjectCodec):
    """All parameters are plain: one msgspec call each way, and the slow way only to say what is wrong."""

    def __init__(self, signature: Signature) -> None:
        super().__init__(signature)
        fields = [
            (p.name, signature.annotations[p.name] | msgspec.UnsetType, msgspec.UNSET)
            if p.default is not inspect.Parameter.empty
            else (p.name, signature.annotations[p.name])
            for p in signature.parameters.values()
        ]
        self._decoder: msgspec.json.Decoder[Any] | None
        try:
            shape = msgspec.defstruct("Payload", fields, forbid_unknown_fields=True, kw_only=True)
            self._decoder = msgspec.json.Decoder(shape)
        except TypeError:  # a union that msgspec does not decode
            self._decoder = None

    def encode(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
        if self._decoder is None:
            return super().encode(args, kwargs)
        bound = self._bind(args, kwargs)
        text = encode_json(bound, what=self._what)
        try:
            self._decoder.decode(text)
        except msgspec.DecodeError:
            return super().encode(args, kwargs)
        return text

    def decode(self, text: str) -> Arguments:
        if self._decoder is None:
            return super().decode(text)
        try:
            shape = self._decoder.decode(text)
        except msgspec.DecodeError:
            return super().decode(text)
        values = msgspec.structs.asdict(shape)
        if len(self._required) < len(values):
            values = {name: value for name, value in values.items() if value is not msgspec.UNSET}
        if not self._positional_only:
            return (), values
        return tuple(values.pop(name) for name in self._positional_only if name in values), values
