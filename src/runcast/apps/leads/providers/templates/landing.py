"""A landing page as one HTML file: no script, no style or font from elsewhere, and every text in it escaped."""

from __future__ import annotations

from functools import lru_cache
from html import escape
from importlib.resources import files
from urllib.parse import urlsplit

from runcast.apps.leads.contract import ClientBrief, Profile, WriteRequest
from runcast.apps.leads.providers.templates.colour import Palette, palette
from runcast.apps.leads.providers.templates.words import capital, first_name, position
from runcast.apps.leads.providers.writing.copytext import PageText, Point, Section

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src https: data:; base-uri 'none'; form-action 'none'"
_LOGO_TYPES = ("data:image/png;base64,", "data:image/jpeg;base64,", "data:image/webp;base64,", "data:image/gif;base64,")
_LOGO_CHARS_MAX = 300_000

_VALUE_CHARS_MAX = 28
"""Where all points are that short, they are values rather than sentences."""


def render_page(page: PageText, request: WriteRequest, *, made_by: str) -> str:
    """The page. `made_by` is for whoever looks into it: a model's name, or `template, no model`."""
    client = request.client
    site = web_address(client.website)
    action = page.action or (f"Visit {urlsplit(site).hostname}" if site else "")
    parts = [
        _head(page, client, palette(client.brand_color), made_by),
        _top(client, site),
        "<main>",
        _hero(page, request.profile, _button(site, action)),
        *(_section(section) for section in page.sections),
        _close(request, _button(site, action)),
        "</main>",
        _end(client, site),
        "</body>\n</html>\n",
    ]
    return "\n".join(filter(None, parts))


def web_address(text: str) -> str:
    """A website as a link may have it: http or https, or "" for everything else.

    >>> web_address("globex.com"), web_address("javascript:alert(1)"), web_address("//evil.example")
    ('https://globex.com', '', '')
    """
    found = text.strip()
    if not found.isprintable() or " " in found or len(found) > 2_000:
        return ""
    if "://" not in found and ":" not in found and not found.startswith("/"):
        found = f"https://{found}"
    try:
        parts = urlsplit(found)
    except ValueError:
        return ""
    return found if parts.scheme in ("http", "https") and "." in (parts.hostname or "") and not parts.username else ""


def initials(name: str) -> str:
    """One or two letters for a name.

    >>> initials("Globex Heat & Power"), initials("ada")
    ('GH', 'A')
    """
    words = [word for word in name.split() if word[0].isalnum()]
    return "".join(word[0] for word in words[:2]).upper() or "•"


def _head(page: PageText, client: ClientBrief, colors: Palette, made_by: str) -> str:
    variables = (
        f":root{{--brand:{colors.brand};--on-brand:{colors.on_brand};--accent:{colors.accent};"
        f"--tint:{colors.tint};--line:{colors.line}}}"
    )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="generator" content="Runcast Leads ({escape(made_by)})">
<meta name="description" content="{escape(page.lead[:160])}">
<title>{escape(page.headline)} · {escape(client.name)}</title>
<style>{variables}
{_style()}</style>
</head>
<body>"""


def _top(client: ClientBrief, site: str) -> str:
    link = f'<a class="quiet" href="{escape(site)}" rel="noopener">{escape(_host(site))}</a>' if site else ""
    # The letters stay below the picture: a page whose frame loads none shows them.
    logo = _logo(client.logo_url)
    mark = f'<span class="mark" aria-hidden="true">{escape(initials(client.name))}{logo}</span>'
    return (
        f'<header class="wide top"><span class="brand">{mark}<span>{escape(client.name)}</span></span>{link}</header>'
    )


def _logo(url: str) -> str:
    is_data = url.startswith(_LOGO_TYPES) and len(url) <= _LOGO_CHARS_MAX
    if not is_data and not (url.startswith("https://") and web_address(url)):
        return ""
    return f'<img src="{escape(url)}" alt="" referrerpolicy="no-referrer">'


def _hero(page: PageText, profile: Profile, button: str) -> str:
    lead = f'<p class="lead">{escape(page.lead)}</p>' if page.lead else ""
    text = f"<div><h1>{escape(page.headline)}</h1>{lead}{button}</div>"
    return f'<div class="hero"><div class="wide">{text}{_prepared_for(profile)}</div></div>'


def _prepared_for(profile: Profile) -> str:
    if not profile.name and not profile.company:
        return ""
    lines = (position(profile) if profile.name else "", profile.location)
    more = "".join(f'<p class="more">{escape(line)}</p>' for line in lines if line)
    name = f'<p class="name">{escape(profile.name or profile.company)}</p>'
    return f'<aside class="for" aria-label="Prepared for"><p class="label">Prepared for</p>{name}{more}</aside>'


def _section(section: Section) -> str:
    title = f"<h2>{escape(section.title)}</h2>" if section.title else ""
    texts = "".join(_paragraph(text) for text in section.paragraphs)
    points = ""
    if section.points and all(point.title for point in section.points):
        are_short = all(len(point.text) <= _VALUE_CHARS_MAX for point in section.points)
        kind = "cards stats" if are_short else "cards"
        points = f'<ul class="{kind}">{"".join(_card(point) for point in section.points)}</ul>'
    elif section.points:
        points = f'<ul class="list">{"".join(_item(point) for point in section.points)}</ul>'
    return f'<section><div class="wide">{title}{texts}{points}</div></section>'


def _paragraph(text: str) -> str:
    return f"<blockquote>{escape(text)}</blockquote>" if text.startswith("“") else f'<p class="text">{escape(text)}</p>'


def _card(point: Point) -> str:
    return f'<li class="card"><h3>{escape(point.title)}</h3><p>{escape(capital(point.text))}</p></li>'


def _item(point: Point) -> str:
    title = f"<strong>{escape(point.title)}:</strong> " if point.title else ""
    return f"<li>{title}{escape(point.text)}</li>"


def _close(request: WriteRequest, button: str) -> str:
    if not button:
        return ""
    first = first_name(request.profile)
    words = f"{first}, shall we talk?" if first else "Shall we talk?"
    return f'<div class="close"><div class="wide"><p>{escape(words)}</p>{button}</div></div>'


def _button(site: str, words: str) -> str:
    return f'<a class="button" href="{escape(site)}" rel="noopener">{escape(words)}</a>' if site and words else ""


def _end(client: ClientBrief, site: str) -> str:
    whom = f"From {client.sender}" if client.sender else f"From {client.name}"
    link = f"<span>{escape(_host(site))}</span>" if site else ""
    return f'<footer class="wide end"><span>{escape(whom)}</span>{link}</footer>'


def _host(site: str) -> str:
    return (urlsplit(site).hostname or "").removeprefix("www.")


@lru_cache(maxsize=1)
def _style() -> str:
    return (files("runcast.apps.leads.providers.templates") / "landing.css").read_text("utf-8")
