"""Finds what somebody probably meant by a name that does not exist."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """` Did you mean 'watch'?` when something known looks like `name`, else nothing.

    >>> did_you_mean("wacth", ["watch", "why"])
    " Did you mean 'watch'?"
    """
    near = get_close_matches(name, list(known), n=3, cutoff=0.6)
    return f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
