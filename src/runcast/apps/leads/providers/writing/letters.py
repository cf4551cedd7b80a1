"""Letters out of the text of a model."""

from __future__ import annotations

import re

from runcast.apps.leads.contract import Email, Outcome, ProviderFailed

_SUBJECT = re.compile(r"^[\s*#>]*subject(?:\s+line)?\s*\**\s*:\s*\**\s*(.*?)\s*\**\s*$", re.IGNORECASE)
_BORDER = re.compile(r"^\s*(?:[-*_=]\s*){3,}$")
_FENCE = re.compile(r"^\s*```\w*\s*$")
SUBJECT_CHARS_MAX = 200
BODY_CHARS_MAX = 20_000


def parse_emails(text: str) -> tuple[Email, ...]:
    """The letters of a text; what stands before the first subject is left out. Raises `ProviderFailed`.

    >>> [
    ...     email.subject
    ...     for email in parse_emails("Subject: Hello\\n\\nHi Ada\\n---\\n**Subject:** Once more\\n\\nHi again")
    ... ]
    ['Hello', 'Once more']
    """
    letters: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        if found := _SUBJECT.match(line):
            letters.append((found[1], []))
        elif letters and not _FENCE.match(line):
            letters[-1][1].append(line.rstrip())
    emails = tuple(Email(_subject(subject), body) for subject, lines in letters if (body := _body(lines)))
    if not emails:
        raise ProviderFailed("writer", Outcome.TRANSIENT, "the text has no letter with a subject and a body")
    return emails


def _subject(text: str) -> str:
    return " ".join(text.split())[:SUBJECT_CHARS_MAX] or "(no subject)"


def _body(lines: list[str]) -> str:
    while lines and (not lines[-1] or _BORDER.match(lines[-1])):
        lines = lines[:-1]
    while lines and (not lines[0] or _BORDER.match(lines[0])):
        lines = lines[1:]
    return "\n".join(lines)[:BODY_CHARS_MAX]
