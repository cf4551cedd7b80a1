"""Letters from a template: an opener and follow-ups, each shorter than the one before."""

from __future__ import annotations

from collections.abc import Iterable

from runcast.apps.leads.contract import WriteRequest
from runcast.apps.leads.providers.templates.words import (
    about_company,
    first_name,
    flat,
    host_of,
    offer_of,
    position,
    sentence,
)


def emails_text(request: WriteRequest) -> str:
    """All letters, as `parse_emails` reads them."""
    letters = [_opener(request), _reminder(request), *(_last(request) for _ in range(request.count - 2))]
    return "\n---\n".join(letters[: max(1, request.count)])


def _opener(request: WriteRequest) -> str:
    client, profile = request.client, request.profile
    quote, host = about_company(request)
    reasons = [f"You are {position(profile)}, so you may be the right person to ask." if profile.title else ""]
    if not profile.title and profile.company:
        reasons = [f"You work at {profile.company}, so you may know whom this concerns."]
    if quote:
        reasons.append(f"On {host} I read: “{quote}”")
    return _letter(
        request,
        f"{client.name} and {profile.company}" if profile.company else f"A short note from {client.name}",
        [
            " ".join(filter(None, reasons)),
            offer_of(client) or f"I am with {client.name}.",
            f"More about us: {host_of(client.website) or client.website}" if client.website else "",
            "Is it worth 15 minutes of your time, in the next days? If not, a short no is fine, too.",
        ],
    )


def _reminder(request: WriteRequest) -> str:
    client, profile = request.client, request.profile
    whom = profile.company or "you"
    return _letter(
        request,
        f"Re: {client.name} and {profile.company}" if profile.company else f"Re: A short note from {client.name}",
        [
            f"My first note may have come at a bad time. Could {client.name} be of use to {whom}?",
            offer_of(client),
            "If somebody else decides this, a name is all I need.",
        ],
    )


def _last(request: WriteRequest) -> str:
    where = host_of(request.client.website) or request.client.website
    return _letter(
        request,
        "My last note",
        [
            "I do not want to fill your inbox, so this is my last note.",
            sentence(f"If it becomes interesting later, you find us at {where}") if where else "",
        ],
    )


def _letter(request: WriteRequest, subject: str, paragraphs: Iterable[str]) -> str:
    texts = [flat(_greeting(request)), *(flat(text) for text in paragraphs if text), _farewell(request)]
    return "\n\n".join([f"Subject: {flat(subject)}", *texts])


def _greeting(request: WriteRequest) -> str:
    first = first_name(request.profile)
    if not first:
        return "Hello,"
    return f"Dear {request.profile.name}," if _is_formal(request) else f"Hi {first},"


def _farewell(request: WriteRequest) -> str:
    words = "Kind regards," if _is_formal(request) else "Best,"
    return f"{words}\n{flat(request.client.sender or request.client.name)}"


def _is_formal(request: WriteRequest) -> bool:
    return any(
        word in request.client.tone.lower().replace("informal", "")
        for word in ("formal", "serious", "corporate", "official")
    )
