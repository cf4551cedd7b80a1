"""Finds what somebody probably meant by a name that does not exist."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(name: str, known: Iterable[str], *, cutoff: float = 0.6) -> str:
    """` Did you mean 'watch'?` when something known looks like `name`, else nothing. `cutoff`: how much, from 0 to 1.

    >>> did_you_mean("wacth", ["watch", "why"])
    " Did you mean 'watch'?"
    """
    near = get_close_matches(name, list(known), n=3, cutoff=cutoff)
    return f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
