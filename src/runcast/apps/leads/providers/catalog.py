"""All providers by name: what each is called, needs, costs, and can be told."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from runcast.apps.leads.contract import JsonObject, Kind, ProviderInfo
from runcast.apps.leads.providers.local_llm.model import model_file
from runcast.apps.leads.providers.prices import PRICES_AS_OF
from runcast.apps.leads.providers.profiles.template import PREFIX, Template, read_template, variables
from runcast.apps.leads.providers.writing import anthropic, gemini, openai

LAST = {Kind.ENRICH: "offline", Kind.RESEARCH: "pages", Kind.WRITE: "template"}
"""Who needs neither a key nor a network, by kind."""
ONLY_CHOSEN = frozenset({"local"})
"""Never asked unless somebody chose it."""
_AS_OF = f"list price of {PRICES_AS_OF}"


def _options(**properties: JsonObject) -> JsonObject:
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _model(default: str) -> JsonObject:
    return {"type": "string", "title": "Model", "default": default}


_TIMEOUT: JsonObject = {"type": "number", "title": "Longest silence in seconds", "exclusiveMinimum": 0, "maximum": 600}
_PRICE: JsonObject = {
    "type": "object",
    "title": "US dollars for a million tokens",
    "properties": {"input": {"type": "number", "minimum": 0}, "output": {"type": "number", "minimum": 0}},
    "required": ["input", "output"],
}
_CREDIT: JsonObject = {"type": "number", "title": "US dollars for a credit, in your plan", "minimum": 0}
_READER: JsonObject = {
    "type": "string", "title": "Who reads the findings", "enum": ["anthropic", "openai", "gemini", "none"],
}  # fmt: skip

PROVIDERS: tuple[ProviderInfo, ...] = (
    ProviderInfo(
        name="pdl",
        title="People Data Labs",
        kinds=(Kind.ENRICH,),
        ready=False,
        needs=("PDL_API_KEY",),
        note="Nobody found is free. The sandbox has people who are made up.",
        price=f"$0.28 a person or less, {_AS_OF}",
        options_schema=_options(sandbox={"type": "boolean", "title": "Sandbox", "default": False}, price_usd=_CREDIT),
    ),
    ProviderInfo(
        name="enrich_layer",
        title="Enrich Layer",
        kinds=(Kind.ENRICH,),
        ready=False,
        needs=("ENRICHLAYER_API_KEY",),
        note="Reads LinkedIn for you: check that you may use it.",
        price="1 credit a profile; the price depends on the plan",
        options_schema=_options(price_usd=_CREDIT),
    ),
    ProviderInfo(
        name="hunter",
        title="Hunter",
        kinds=(Kind.ENRICH,),
        ready=False,
        needs=("HUNTER_API_KEY",),
        note="Nobody found is free.",
        price="1 credit a person; the price depends on the plan",
        options_schema=_options(price_usd=_CREDIT),
    ),
    ProviderInfo(
        name="offline",
        title="What the address and your notes say",
        kinds=(Kind.ENRICH,),
        ready=True,
        note="No key. Asks nobody; reads only pages that you name.",
        price="free",
        options_schema=_options(),
    ),
    ProviderInfo(
        name="perplexity",
        title="Perplexity",
        kinds=(Kind.RESEARCH,),
        ready=False,
        needs=("PERPLEXITY_API_KEY",),
        note="Searches, reads and writes in one call, with its sources and its cost.",
        price=f"$0.0025 a search and $0.25 / $2.50 for a million tokens, {_AS_OF}",
        options_schema=_options(
            model=_model("perplexity/sonar"),
            preset={"type": "string", "title": "Preset", "enum": ["fast", "low", "medium", "high", "xhigh"]},
            timeout_s=_TIMEOUT,
            price=_PRICE,
        ),
    ),
    ProviderInfo(
        name="tavily",
        title="Tavily",
        kinds=(Kind.RESEARCH,),
        ready=False,
        needs=("TAVILY_API_KEY",),
        note="A search; your model reads what it finds.",
        price=f"$0.008 a search, two for a lead, {_AS_OF}",
        options_schema=_options(reader=_READER),
    ),
    ProviderInfo(
        name="brave",
        title="Brave Search",
        kinds=(Kind.RESEARCH,),
        ready=False,
        needs=("BRAVE_API_KEY",),
        note="A search; your model reads what it finds.",
        price=f"$0.005 a search, two for a lead, {_AS_OF}",
        options_schema=_options(reader=_READER),
    ),
    ProviderInfo(
        name="pages",
        title="Pages that you name",
        kinds=(Kind.RESEARCH,),
        ready=True,
        note="No key. Reads public pages, and what is known of listed companies.",
        price="free",
        options_schema=_options(
            company_website={"type": "boolean", "title": "Read the company's website, too", "default": False}
        ),
    ),
    ProviderInfo(
        name="anthropic",
        title="Anthropic",
        kinds=(Kind.WRITE,),
        ready=False,
        needs=("ANTHROPIC_API_KEY",),
        price="by tokens",
        options_schema=_options(model=_model(anthropic.MODEL), timeout_s=_TIMEOUT, price=_PRICE),
    ),
    ProviderInfo(
        name="openai",
        title="OpenAI, or a server that speaks its protocol",
        kinds=(Kind.WRITE,),
        ready=False,
        needs=("OPENAI_API_KEY",),
        note="OPENAI_BASE_URL leads to another server, which may need no key.",
        price="by tokens",
        options_schema=_options(model=_model(openai.MODEL), timeout_s=_TIMEOUT, price=_PRICE),
    ),
    ProviderInfo(
        name="gemini",
        title="Gemini",
        kinds=(Kind.WRITE,),
        ready=False,
        needs=("GEMINI_API_KEY",),
        price="by tokens",
        options_schema=_options(model=_model(gemini.MODEL), timeout_s=_TIMEOUT, price=_PRICE),
    ),
    ProviderInfo(
        name="local",
        title="A small model on this machine (experimental)",
        kinds=(Kind.WRITE,),
        ready=False,
        note="Shows how texts stream; what it writes is not to be sent. Needs the extra local-llm and a model file.",
        price="free",
        options_schema=_options(tokens={"type": "integer", "title": "Tokens at most", "minimum": 8, "maximum": 1_000}),
    ),
    ProviderInfo(
        name="template",
        title="Templates, no model",
        kinds=(Kind.WRITE,),
        ready=True,
        note="No key. Clear sentences with what is known; what is not known is left out.",
        price="free",
        options_schema=_options(),
    ),
)


def catalog(env: Mapping[str, str], options: Mapping[str, JsonObject]) -> dict[str, ProviderInfo]:
    """All providers, those that `options` describes among them, in the order in which they are asked."""
    known = {info.name: msgspec.structs.replace(info, ready=_is_ready(info, env)) for info in PROVIDERS}
    described = {name: _described(name, given, env) for name, given in options.items() if name.startswith(PREFIX)}
    offline = {"offline": known.pop("offline")}
    enrichers = {name: info for name, info in known.items() if Kind.ENRICH in info.kinds}
    return enrichers | described | offline | known


def _described(name: str, options: JsonObject, env: Mapping[str, str]) -> ProviderInfo:
    template = read_template(name, options)
    needs = variables(template)
    return ProviderInfo(
        name=name,
        title=template.title or name.removeprefix(PREFIX),
        kinds=(Kind.ENRICH,),
        ready=all(env.get(variable) for variable in needs),
        needs=needs,
        note="Described in the settings.",
        price="" if template.price_usd is None else f"${template.price_usd:g} a person",
        options_schema=msgspec.json.schema(Template),
    )


def _is_ready(info: ProviderInfo, env: Mapping[str, str]) -> bool:
    if info.name == "local":
        return model_file(env) is not None
    if info.name == "openai" and env.get("OPENAI_BASE_URL"):
        return True
    return all(env.get(variable, "").strip() for variable in info.needs)
