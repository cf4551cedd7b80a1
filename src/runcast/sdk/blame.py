"""Which journal entries an exception comes from: the rule by which a retry forgets exactly what failed."""

from __future__ import annotations

from collections.abc import Iterator

_ATTRIBUTE = "__runcast_key__"


def blame(error: BaseException, key: str) -> None:
    """Note that the failure of entry `key` raised `error`. The first note stays: it is the one nearest the cause."""
    if _key_of(error) is None:
        error.__dict__[_ATTRIBUTE] = key


def blamed_keys(error: BaseException) -> tuple[str, ...]:
    """The keys noted anywhere in the exception's chain: itself, causes, contexts, members of groups."""
    keys = (_key_of(link) for link in _chain(error))
    return tuple(dict.fromkeys(key for key in keys if key is not None))


def _key_of(error: BaseException) -> str | None:
    # Not by attribute access, which is foreign code: a class may freeze its attributes, or raise for unknown ones.
    key: str | None = error.__dict__.get(_ATTRIBUTE)
    return key


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    todo = [error]
    while todo:
        link = todo.pop()
        if id(link) in seen:
            continue
        seen.add(id(link))
        yield link
        if isinstance(link, BaseExceptionGroup):
            todo.extend(reversed(link.exceptions))
        # `raise … from None` hides the context from people, not from the retry rule.
        todo.extend(next_link for next_link in (link.__context__, link.__cause__) if next_link is not None)
