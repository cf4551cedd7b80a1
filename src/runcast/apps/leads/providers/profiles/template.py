"""A provider of profiles that the user describes: a request with placeholders, and where its answer has what."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import msgspec

from runcast import InvalidInput
from runcast.apps.leads.contract import EnrichInput, JsonObject, Outcome
from runcast.apps.leads.providers.exchange import Call
from runcast.apps.leads.providers.profiles.api import FIELDS, ProfileApi

PREFIX = "http:"
"""Of the names of such providers: `http:proapis`."""
KEY_PREFIX = "LEADS_"
"""Only environment variables of such names can be put into a request: a template must not carry other secrets away."""
_PLACEHOLDER = re.compile(r"\{\{\s*([A-Za-z0-9_.]+)\s*\}\}")


class Template(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`Choices.options["http:…"]`.

    Placeholders: `{{linkedin_url}}`, `{{slug}}`, `{{name}}`, `{{company}}`, `{{company_domain}}`, `{{env.LEADS_…}}`.
    """

    url: str
    method: str = "GET"
    headers: dict[str, str] = {}
    params: dict[str, str] = {}
    body: Any = None
    match: str = ""
    """A path that has something when somebody was found; empty: any of the fields."""
    fields: dict[str, str] = {}
    """By field of a profile: a path such as `data.person.full_name`."""
    facts: dict[str, str] = {}
    statuses: dict[str, Outcome] = {}
    """What its statuses mean, such as `{"404": "no_match"}`."""
    title: str = ""
    price_usd: float | None = None
    timeout_s: float = 60.0


def read_template(name: str, options: JsonObject) -> Template:
    """The checked template of a provider. Raises `InvalidInput`."""
    try:
        template = msgspec.convert(options, Template)
    except msgspec.ValidationError as error:
        raise InvalidInput(f"the template of {name}: {error}") from error
    if unknown := set(template.fields) - set(FIELDS):
        raise InvalidInput(f"the template of {name} fills {min(unknown)!r}; a profile has {', '.join(FIELDS)}")
    if not template.fields:
        raise InvalidInput(f"the template of {name} fills no field of a profile: {', '.join(FIELDS)}")
    if not all(status.isdecimal() for status in template.statuses):
        raise InvalidInput(f"the statuses of {name} are HTTP statuses, such as 404")
    for variable in variables(template):
        if not variable.startswith(KEY_PREFIX):
            raise InvalidInput(f"the template of {name} may use variables that begin with {KEY_PREFIX}, not {variable}")
    return template


def variables(template: Template) -> tuple[str, ...]:
    """Names of the environment variables that a template needs."""
    text = msgspec.json.encode(template).decode()
    found = (name.removeprefix("env.") for name in _PLACEHOLDER.findall(text) if name.startswith("env."))
    return tuple(dict.fromkeys(found))


def api_of(name: str, template: Template) -> ProfileApi:
    """What its answers mean."""
    return ProfileApi(
        name=name,
        title=template.title or name.removeprefix(PREFIX),
        needs=variables(template),
        statuses={404: Outcome.NO_MATCH} | {int(status): outcome for status, outcome in template.statuses.items()},
        match=template.match or " | ".join(template.fields.values()).replace(",", "|"),
        fields=template.fields,
        facts=template.facts,
        match_usd=template.price_usd,
        miss_usd=0.0 if template.price_usd is None else None,
    )


def call_of(template: Template, wanted: EnrichInput, env: Mapping[str, str], private: tuple[str, ...]) -> Call:
    """The request for one lead. Values go into its URL encoded, so that no lead can change where it goes."""
    values = {
        "linkedin_url": wanted.linkedin_url,
        "slug": wanted.slug,
        "name": wanted.known.name,
        "company": wanted.known.company,
        "company_domain": wanted.known.company_domain,
        **{f"env.{name}": env.get(name, "") for name in variables(template)},
    }
    return Call(
        method=template.method.upper(),
        url=_filled(template.url, {name: _quoted(value) for name, value in values.items()}),
        headers={name: _filled(text, values) for name, text in template.headers.items()},
        params={name: _filled(text, values) for name, text in template.params.items()},
        body=_filled_deeply(template.body, values),
        timeout_s=template.timeout_s,
        guarded=True,
        private=private,
    )


def _filled(text: str, values: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], ""), text)


def _filled_deeply(body: Any, values: Mapping[str, str]) -> Any:
    match body:
        case str():
            return _filled(body, values)
        case dict():
            return {name: _filled_deeply(value, values) for name, value in body.items()}
        case list():
            return [_filled_deeply(value, values) for value in body]
        case _:
            return body


def _quoted(value: str) -> str:
    return quote(value, safe="")
