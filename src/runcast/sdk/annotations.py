"""Looking at annotations: which library reads them, and which are a payload by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec


def is_none(annotation: Any) -> bool:
    """`None` or `NoneType`."""
    return annotation is None or annotation is NoneType


def is_plain(annotation: Any) -> bool:
    """True for what msgspec decodes exactly as pydantic would, and for Structs, which pydantic does not know."""
    if annotation is Any or is_none(annotation) or annotation in (bool, int, float, str, object, list, dict):
        return True
    if is_struct(annotation):
        return True
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return all(type(arg) in (str, int) for arg in args)
    if origin in (list, Sequence):
        return is_plain(args[0])
    if origin is dict:
        return args[0] is str and is_plain(args[1])
    if origin in (Union, UnionType):
        return all(is_plain(arg) for arg in args)
    return False


def is_struct(annotation: Any) -> bool:
    """A `msgspec.Struct` class."""
    return isinstance(annotation, type) and issubclass(annotation, msgspec.Struct)


def contains_struct(annotation: Any) -> bool:
    """True if a `msgspec.Struct` is anywhere in the annotation."""
    return is_struct(annotation) or any(contains_struct(arg) for arg in get_args(annotation))


def is_structured(annotation: Any) -> bool:
    """A dataclass, TypedDict, Struct or pydantic model, or a union of them: a payload by itself."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return is_structured(get_args(annotation)[0])
    if origin in (Union, UnionType):
        members = [arg for arg in get_args(annotation) if not is_none(arg)]
        return bool(members) and all(is_structured(member) for member in members)
    kind = origin or annotation
    return isinstance(kind, type) and (
        issubclass(kind, msgspec.Struct)
        or hasattr(kind, "__dataclass_fields__")
        or hasattr(kind, "__pydantic_validator__")
        or hasattr(kind, "__total__")
    )
