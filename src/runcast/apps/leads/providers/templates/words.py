"""The few turns that all templates share."""

from __future__ import annotations

from nameparser import HumanName

from runcast.apps.leads.contract import ClientBrief, Profile, WriteRequest

QUOTE_CHARS_MAX = 180


def first_name(profile: Profile) -> str:
    """What a person is called; "" if that is not clear."""
    name = HumanName(profile.name)
    first = name.middle.split()[0] if len(name.first.rstrip(".")) == 1 and name.middle else name.first
    return first if len(first.rstrip(".")) > 1 and name.last else ""


def position(profile: Profile) -> str:
    """`Head of Growth at Acme`, or what of it is known."""
    if profile.title and profile.company:
        return f"{profile.title} at {profile.company}"
    return profile.title or profile.company


def sentence(text: str) -> str:
    """With a full stop at its end, if it has no mark there.

    >>> sentence("We help factories"), sentence("")
    ('We help factories.', '')
    """
    stripped = text.strip()
    return stripped if not stripped or stripped[-1] in ".!?…" else f"{stripped}."


def capital(text: str) -> str:
    """With a capital at its beginning; the rest stays as it is.

    >>> capital("in days, with ISO")
    'In days, with ISO'
    """
    return text[:1].upper() + text[1:]


def flat(text: str) -> str:
    """On one line: what is filled in cannot begin a letter, a heading or a list of its own.

    >>> flat("heat pumps\\nSubject: mine")
    'heat pumps Subject: mine'
    """
    return " ".join(text.split())


def counted(text: str) -> str:
    """A number of five digits or more, as people write it; everything else as it is, years among it.

    >>> counted("12000"), counted("1923"), counted("1,200 people")
    ('12,000', '1923', '1,200 people')
    """
    return f"{int(text):,}" if text.isascii() and text.isdigit() and 5 <= len(text) <= 12 else text


def offer_of(client: ClientBrief) -> str:
    """The offer as a sentence, whether it is one or a few words.

    >>> offer_of(ClientBrief(name="Globex", offer="heat pumps for factories"))
    'What Globex offers: heat pumps for factories.'
    """
    offer = flat(client.offer)
    if not offer:
        return ""
    is_sentence = offer[-1] in ".!?" or offer.lower().startswith(("we ", "our ", "i ", "you "))
    return sentence(offer) if is_sentence else sentence(f"What {client.name} offers: {offer}")


def about_company(request: WriteRequest) -> tuple[str, str]:
    """What the company says of itself, short, and where; two empty texts if no page of its own was read."""
    for fact in request.research.facts:
        host = host_of(fact.source)
        if fact.name in ("slogan", "description") and is_of(host, request.profile.company_domain):
            return shortened(flat(fact.value)), host
    return "", ""


def is_of(host: str, domain: str) -> bool:
    """Whether a host is of a company's domain, or of the website that somebody gave as one.

    >>> is_of("shop.acme.io", "acme.io"), is_of("acme.io", "https://www.acme.io/"), is_of("acme.io", "")
    (True, True, False)
    """
    name = host_of(domain) if "://" in domain else domain.removeprefix("www.")
    return bool(name) and (host == name or host.endswith(f".{name}"))


def shortened(text: str, chars_max: int = QUOTE_CHARS_MAX) -> str:
    """Whole sentences if one fits, else whole words.

    >>> shortened("One. Two is longer.", 10)
    'One.'
    """
    if len(text) <= chars_max:
        return text
    cut = text[:chars_max]
    stop = max(cut.rfind(mark) for mark in (". ", "! ", "? "))
    if cut.endswith((".", "!", "?")):
        return cut
    return cut[: stop + 1] if stop > 0 else f"{cut.rsplit(' ', 1)[0].rstrip(',;:')}…"


def host_of(url: str) -> str:
    """The host of an address, without `www.`.

    >>> host_of("https://www.acme.io/about"), host_of("pasted text")
    ('acme.io', '')
    """
    return url.partition("://")[2].partition("/")[0].removeprefix("www.")
