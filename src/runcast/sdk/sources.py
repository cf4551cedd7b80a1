"""Where a function comes from: file and line, and the version of its code."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any


def source_place(fn: Callable[..., Any]) -> str:
    """`file:line` of a function, as error messages and pages show it."""
    code = inspect.unwrap(fn).__code__
    return f"{code.co_filename}:{code.co_firstlineno}"


def code_version(fn: Callable[..., Any]) -> str:
    """A short hash of the module that defines `fn`: it changes when any line of that file does.

    Functions without a file (an interactive session) are hashed by their byte code.
    """
    code = inspect.unwrap(fn).__code__
    return _file_version(code.co_filename) or _hash(code.co_code + repr(code.co_consts).encode())


@lru_cache(maxsize=4096)
def _file_version(filename: str) -> str:
    """Read once per process: the code that runs is the one that was there at import."""
    try:
        return _hash(Path(filename).read_bytes())
    except OSError:
        return ""


def _hash(data: bytes) -> str:
    return blake2b(data, digest_size=6).hexdigest()
