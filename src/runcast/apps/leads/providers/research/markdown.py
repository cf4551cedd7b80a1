"""Markdown with numbered sources."""

from __future__ import annotations

from collections.abc import Sequence

from runcast.apps.leads.contract import Source

_ESCAPED = "\\`*_{}[]<>#|!"


def with_sources(text: str, sources: Sequence[Source]) -> str:
    """The text, and below it the list that its numbers mean.

    >>> print(with_sources("Acme grows [1].", [Source("https://acme.io/news", "News")]))
    Acme grows [1].
    <BLANKLINE>
    ## Sources
    <BLANKLINE>
    1. [News](https://acme.io/news)
    """
    if not sources:
        return text
    lines = [f"{number}. {_linked(source)}" for number, source in enumerate(sources, 1)]
    return "\n".join([text.rstrip(), "", "## Sources", "", *lines])


def inert(text: str) -> str:
    """Text of others, so that nothing in it is markup.

    >>> print(inert("<b>*now*</b>"))
    \\<b\\>\\*now\\*\\</b\\>
    """
    flat = " ".join(text.split())
    return "".join(f"\\{character}" if character in _ESCAPED else character for character in flat)


def _linked(source: Source) -> str:
    title = inert(source.title or source.url.partition("://")[2])
    date = f" ({inert(source.date)})" if source.date else ""
    if not source.url.startswith(("http://", "https://")):
        return f"{title}{date}"
    url = source.url.replace(" ", "%20").replace("(", "%28").replace(")", "%29").replace("<", "%3C").replace(">", "%3E")
    return f"[{title}]({url}){date}"
