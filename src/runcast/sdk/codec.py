"""Values as JSON text and back, by annotation: msgspec for plain types, pydantic (imported on first need) for the rest."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

import msgspec

from runcast.domain import limits
from runcast.domain.errors import InvalidPayload, ValueTooLarge
from runcast.sdk.annotations import contains_struct, is_none, is_plain

if TYPE_CHECKING:
    from pydantic import TypeAdapter

T = TypeVar("T")
Schema = dict[str, Any]

_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
_NUL_BYTES = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")
_REPLACEMENT = rb"\1\\ufffd"


class ValueCodec(Protocol[T]):
    """How values of one annotation travel."""

    def encode(self, value: T, *, what: str = "value") -> str:
        """JSON text; raises `InvalidPayload` (naming `what`) or `ValueTooLarge`."""
        ...

    def decode(self, text: str | bytes, *, what: str = "value") -> T:
        """The value; raises `InvalidPayload`."""
        ...

    def schema(self) -> Schema:
        """JSON Schema of the text."""
        ...


# --- JSON without types -----------------------------------------------------------------------------------------


def encode_json(value: object, *, what: str = "value") -> str:
    """`value` as JSON text: never NaN, never NUL, never too large.

    Knows dataclasses, Structs, pydantic models, enums, dates, UUIDs, decimals, sets and paths. Sets are sorted, so that
    the same value has the same text, and the same digest, in every process.
    """
    return checked_text(_encode(value, what), what)


def encode_shown(value: object, *, what: str = "value") -> str:
    """As `encode_json`, for what people only look at: a NUL becomes a replacement character and fails nothing."""
    data = _encode(value, what)
    return checked_text(_NUL_BYTES.sub(_REPLACEMENT, data) if b"\\u0000" in data else data, what)


def _encode(value: object, what: str) -> bytes:
    try:
        data = _encode_sorted(value) if _holds_set(value) else _ENCODER.encode(value)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise InvalidPayload(f"{what} cannot be JSON: {error}") from error
    # msgspec writes NaN and infinity as null, so only a text with a null in it can hide one.
    if b"null" in data and value is not None:
        _refuse_nan(value, what)
    return data


def decode_json(text: str | bytes, *, what: str = "value") -> Any:
    """Plain JSON as Python values."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidPayload(f"{what} is not JSON: {error}") from error


def checked_text(data: bytes, what: str) -> str:
    """JSON bytes as text, within the bounds and without NUL characters, which databases cannot hold."""
    if len(data) > limits.PAYLOAD_BYTES_MAX:
        raise ValueTooLarge(
            f"{what} has {len(data):,} bytes of JSON; at most {limits.PAYLOAD_BYTES_MAX:,} are allowed: "
            "store it elsewhere and pass where it is"
        )
    text = data.decode()
    if "\\u0000" in text and _NUL.search(text):
        raise InvalidPayload(f"{what} contains a NUL character, which cannot be stored")
    return text


def digest(text: str) -> str:
    """A short digest of arguments, to notice that the same journal key asks for something else."""
    return blake2b(text.encode(), digest_size=12).hexdigest()


def digest_arguments(args: Sequence[object], kwargs: Mapping[str, object]) -> str:
    """Digest of a call's arguments, whatever they are: what has no JSON counts by its type only.

    The order of dicts and sets does not matter, so that it is equal in every process.
    """
    try:
        return blake2b(_DIGEST_ENCODER.encode((args, kwargs)), digest_size=12).hexdigest()
    except (TypeError, ValueError, OverflowError, RecursionError):
        names = ",".join(type(value).__qualname__ for value in (*args, *kwargs.values()))
        return digest(names)


def _to_json_types(value: Any) -> Any:
    """What msgspec does not know by itself."""
    if hasattr(type(value), "__pydantic_serializer__"):
        plain = value.model_dump(mode="json", by_alias=True)
        return _with_sorted_sets(plain, value.model_dump(by_alias=True)) if _holds_set(value) else plain
    if isinstance(value, PurePath):
        return str(value)
    raise TypeError(f"objects of type {type(value).__qualname__} have no JSON form")


def _to_digest_types(value: Any) -> Any:
    try:
        return _to_json_types(value)
    except Exception:  # noqa: BLE001 - a model that cannot be dumped counts like any other object
        # A client, a lambda, a lock: its repr holds an address, so only its type is stable.
        return f"<{type(value).__module__}.{type(value).__qualname__}>"


_ENCODER = msgspec.json.Encoder(enc_hook=_to_json_types)
_SORTING_ENCODER = msgspec.json.Encoder(enc_hook=_to_json_types, order="deterministic")
_DIGEST_ENCODER = msgspec.json.Encoder(enc_hook=_to_digest_types, order="deterministic")


def _encode_sorted(value: object) -> bytes:
    try:
        return _SORTING_ENCODER.encode(value)
    except TypeError:
        # Items without an order among themselves, such as 1 and "a".
        return _ENCODER.encode(value)


def _holds_set(value: object) -> bool:
    kind = type(value)
    if kind is str or kind is int or kind is float or kind is bool or value is None:
        return False
    if isinstance(value, Mapping):
        return any(map(_holds_set, value.values()))
    if isinstance(value, list | tuple):
        return any(map(_holds_set, value))
    return isinstance(value, set | frozenset) or any(_holds_set(getattr(value, name, None)) for name in _fields(value))


def _with_sorted_sets(plain: Any, value: Any) -> Any:
    """`plain`, the JSON values of `value`, with the items of its sets in order."""
    if isinstance(plain, dict) and isinstance(value, Mapping):
        return {key: _with_sorted_sets(item, of) for (key, item), of in zip(plain.items(), value.values(), strict=True)}
    if isinstance(plain, list) and isinstance(value, set | frozenset):
        return sorted(plain, key=_SORTING_ENCODER.encode)
    if isinstance(plain, list) and isinstance(value, list | tuple):
        return [_with_sorted_sets(item, of) for item, of in zip(plain, value, strict=True)]
    return plain


def _fields(value: object) -> tuple[str, ...]:
    """The names of the fields of a Struct, dataclass or pydantic model."""
    if isinstance(value, msgspec.Struct):
        return value.__struct_fields__
    return tuple(getattr(value, "__dataclass_fields__", ()) or getattr(type(value), "model_fields", ()))


def _refuse_nan(value: object, what: str) -> None:
    if isinstance(value, float):
        if not math.isfinite(value):
            raise InvalidPayload(f"{what} contains {value}, which JSON cannot say: use None")
    elif isinstance(value, Mapping):
        for key, item in value.items():
            _refuse_nan(item, f"{what}[{key!r}]")
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            _refuse_nan(item, what)
    elif not isinstance(value, str | bytes | int | None):
        for name in _fields(value):
            _refuse_nan(getattr(value, name, None), f"{what}.{name}")


# --- JSON by annotation -----------------------------------------------------------------------------------------


class JsonCodec:
    """Values without an annotation, or annotated `Any`: plain JSON."""

    def encode(self, value: Any, *, what: str = "value") -> str:
        return encode_json(value, what=what)

    def decode(self, text: str | bytes, *, what: str = "value") -> Any:
        return decode_json(text, what=what)

    def schema(self) -> Schema:
        return {}


class PlainCodec(Generic[T]):
    """Scalars, lists and dicts of them, and Structs, by msgspec: a fraction of a microsecond, no pydantic.

    What msgspec refuses is shown to pydantic, whose rules (`"3"` is an `int`) and messages are the ones that count,
    unless pydantic does not know the type (`alone`).
    """

    def __init__(self, annotation: Any, *, alone: bool = False) -> None:
        self._annotation = annotation
        self._alone = alone or contains_struct(annotation)
        self._decoder: msgspec.json.Decoder[T] = msgspec.json.Decoder(annotation)

    def encode(self, value: T, *, what: str = "value") -> str:
        text = encode_json(value, what=what)
        if value is not None or not is_none(self._annotation):
            self.decode(text, what=what)
        return text

    def decode(self, text: str | bytes, *, what: str = "value") -> T:
        try:
            return self._decoder.decode(text)
        except msgspec.DecodeError as error:
            if self._alone:
                raise InvalidPayload(f"{what}: {error}") from error
        result: T = model_codec(self._annotation).decode(text, what=what)
        return result

    def schema(self) -> Schema:
        return msgspec.json.schema(self._annotation)


class ModelCodec(Generic[T]):
    """Everything else, by a pydantic `TypeAdapter`."""

    def __init__(self, annotation: Any) -> None:
        self._adapter: TypeAdapter[T] = _adapter(annotation)

    def encode(self, value: T, *, what: str = "value") -> str:
        data = self._dump(value, what)
        if b"null" in data:
            _refuse_nan(self._adapter.dump_python(value, mode="json", warnings=False), what)
        return checked_text(data, what)

    def _dump(self, value: T, what: str) -> bytes:
        from pydantic import ValidationError
        from pydantic_core import PydanticSerializationError

        try:
            return self._dump_valid(value)
        except (PydanticSerializationError, TypeError):
            pass
        try:
            # A dict where a model is expected, say: what can be read as the annotation may be given for it.
            return self._dump_valid(self._adapter.validate_python(value))
        except ValidationError as error:
            raise InvalidPayload(f"{what}: {_validation_text(error)}") from error
        except (PydanticSerializationError, TypeError) as error:
            raise InvalidPayload(f"{what} cannot be JSON: {error}") from error

    def _dump_valid(self, value: T) -> bytes:
        if not _holds_set(value):
            return self._adapter.dump_json(value, by_alias=True, warnings="error")
        plain = self._adapter.dump_python(value, mode="json", by_alias=True, warnings="error")
        return _ENCODER.encode(_with_sorted_sets(plain, self._adapter.dump_python(value, by_alias=True)))

    def decode(self, text: str | bytes, *, what: str = "value") -> T:
        from pydantic import ValidationError

        try:
            return self._adapter.validate_json(text)
        except ValidationError as error:
            raise InvalidPayload(f"{what}: {_validation_text(error)}") from error

    def schema(self) -> Schema:
        return self._adapter.json_schema(mode="validation")


def codec_for(annotation: Any) -> ValueCodec[Any]:
    """The codec of an annotation, made once. Raises `InvalidPayload` for a class that has no JSON form."""
    try:
        return _cached_codec(annotation)
    except TypeError:  # an unhashable annotation, such as Annotated with a list
        return _make_codec(annotation)


def _make_codec(annotation: Any) -> ValueCodec[Any]:
    if annotation is Any or annotation is object:
        return JsonCodec()
    if is_plain(annotation):
        try:
            return PlainCodec(annotation)
        except TypeError:
            # msgspec decodes no union of two containers; pydantic does.
            pass
    try:
        return model_codec(annotation)
    except InvalidPayload:
        # A Struct inside of a dataclass, or before Python 3.12 a TypedDict: msgspec knows both.
        try:
            msgspec.json.schema(annotation)  # a decoder for an unknown class would fail only at its first value
            return PlainCodec(annotation, alone=True)
        except TypeError:
            pass
        raise


def _make_model_codec(annotation: Any) -> ModelCodec[Any]:
    return ModelCodec(annotation)


_cached_codec = lru_cache(maxsize=4096)(_make_codec)
_cached_model_codec = lru_cache(maxsize=4096)(_make_model_codec)


def model_codec(annotation: Any) -> ModelCodec[Any]:
    """The pydantic codec of an annotation."""
    try:
        return _cached_model_codec(annotation)
    except TypeError:
        return _make_model_codec(annotation)


def _adapter(annotation: Any) -> TypeAdapter[Any]:
    from pydantic import ConfigDict, TypeAdapter
    from pydantic.errors import PydanticSchemaGenerationError, PydanticUserError

    try:
        try:
            return TypeAdapter(annotation, config=ConfigDict(ser_json_bytes="base64", val_json_bytes="base64"))
        except PydanticSchemaGenerationError:
            raise
        except PydanticUserError:  # a model, dataclass or TypedDict has its own configuration
            return TypeAdapter(annotation)
    except PydanticUserError as error:
        raise InvalidPayload(
            f"{annotation!r} has no JSON form: use JSON types, a dataclass, TypedDict, Struct or pydantic model"
        ) from error


def _validation_text(error: Any) -> str:
    """Pydantic's complaint in one line: `'n': Input should be a valid integer (got 'x')`."""
    found = error.errors(include_url=False, include_context=False)
    parts = []
    for item in found[:3]:
        place = ".".join(str(part) for part in item["loc"])
        shown = repr(item["input"])
        got = f" (got {shown if len(shown) <= 80 else shown[:77] + '...'})"
        parts.append(f"{place!r}: {item['msg']}{got}" if place else f"{item['msg']}{got}")
    if len(found) > len(parts):
        parts.append(f"and {len(found) - len(parts)} more")
    return "; ".join(parts)
