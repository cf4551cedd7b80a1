"""All providers as the pipeline asks them, with the keys and choices of one environment."""

from __future__ import annotations

from collections.abc import Mapping

from runcast import InvalidInput
from runcast.apps.leads.contract import (
    Choices,
    Email,
    EnrichInput,
    Estimate,
    FoundProfile,
    FoundResearch,
    JsonObject,
    Kind,
    LandingPage,
    Options,
    Outcome,
    ProviderFailed,
    ProviderInfo,
    ResearchInput,
    Toolbox,
    WriteRequest,
)
from runcast.apps.leads.providers.catalog import LAST, ONLY_CHOSEN, catalog
from runcast.apps.leads.providers.estimates import MODELS, estimate
from runcast.apps.leads.providers.keys import access, private_hosts
from runcast.apps.leads.providers.local_llm import prompts as local_prompts
from runcast.apps.leads.providers.local_llm.model import LocalModel, model_file, with_opening
from runcast.apps.leads.providers.offline import profile as offline
from runcast.apps.leads.providers.options import check_options
from runcast.apps.leads.providers.profiles import requests, template
from runcast.apps.leads.providers.profiles.api import look_up
from runcast.apps.leads.providers.research import pages, perplexity, searched
from runcast.apps.leads.providers.research.engines import Brave, Engine, Tavily
from runcast.apps.leads.providers.templates.emails import emails_text
from runcast.apps.leads.providers.templates.landing import render_page
from runcast.apps.leads.providers.templates.page import page_text
from runcast.apps.leads.providers.writing import anthropic, gemini, letters, openai
from runcast.apps.leads.providers.writing.copytext import parse_page
from runcast.apps.leads.providers.writing.model import HttpModel, Model, Stream, Wire
from runcast.apps.leads.providers.writing.prompts import emails_prompt, page_prompt
from runcast.apps.leads.providers.writing.template import LABEL, as_stream

_ENGINES: dict[str, tuple[Engine, str]] = {
    "tavily": (Tavily(), "https://api.tavily.com"),
    "brave": (Brave(), "https://api.search.brave.com"),
}
_WIRES: dict[str, tuple[Wire, str]] = {
    "anthropic": (anthropic.Anthropic(), anthropic.URL),
    "openai": (openai.OpenAI(), openai.URL),
    "gemini": (gemini.Gemini(), gemini.URL),
}


def make_toolbox(choices: Choices, env: Mapping[str, str]) -> Toolbox:
    """Cheap to call. Raises `InvalidInput` for choices that name or describe nothing.

    >>> make_toolbox(Choices(), {"ANTHROPIC_API_KEY": "secret"}).order(Kind.WRITE)
    ('anthropic', 'template')
    """
    infos = catalog(env, choices.options)
    for name, given in choices.options.items():
        if name not in infos:
            raise InvalidInput(f"no provider is called {name!r}; there are {', '.join(infos)}, and http:… for others")
        if not name.startswith(template.PREFIX):
            check_options(infos[name], given)
    orders = {
        Kind.ENRICH: _order(Kind.ENRICH, choices.enrich, infos),
        Kind.RESEARCH: _order(Kind.RESEARCH, choices.research, infos),
        Kind.WRITE: _order(Kind.WRITE, choices.write, infos),
    }
    return _Toolbox(orders, infos, choices.options, env)


def _order(kind: Kind, chosen: tuple[str, ...] | None, infos: Mapping[str, ProviderInfo]) -> tuple[str, ...]:
    fit = [name for name, info in infos.items() if kind in info.kinds]
    if chosen is None:
        chosen = tuple(name for name in fit if infos[name].ready and name not in ONLY_CHOSEN)
    for name in chosen:
        if name not in fit:
            raise InvalidInput(f"{name!r} is no provider to {kind.value}; there are {', '.join(fit)}")
    return tuple(dict.fromkeys((*(name for name in chosen if name != LAST[kind]), LAST[kind])))


class _Toolbox:
    def __init__(
        self,
        orders: Mapping[Kind, tuple[str, ...]],
        infos: Mapping[str, ProviderInfo],
        options: Mapping[str, JsonObject],
        env: Mapping[str, str],
    ) -> None:
        self._orders = orders
        self._infos = infos
        self._options = options
        self._env = env
        self._private = private_hosts(env)

    def order(self, kind: Kind) -> tuple[str, ...]:
        return self._orders[kind]

    async def enrich(self, provider: str, wanted: EnrichInput, *, handle: str = "") -> FoundProfile:
        if missing := self._missing(provider, Kind.ENRICH):
            return FoundProfile(outcome=Outcome.AUTH_ERROR, source=provider, detail=missing)
        options = self._options.get(provider, {})
        if provider in requests.KNOWN:
            where = requests.access_of(provider, self._env, options)
            return await look_up(
                requests.api_of(provider, options), requests.call_of(provider, wanted, where), where.key
            )
        if provider.startswith(template.PREFIX):
            described = template.read_template(provider, options)
            call = template.call_of(described, wanted, self._env, self._private)
            return await look_up(template.api_of(provider, described), call, self._secrets(described))
        return await offline.look_up(wanted, self._private)

    async def research(self, provider: str, wanted: ResearchInput, *, handle: str = "") -> FoundResearch:
        if missing := self._missing(provider, Kind.RESEARCH):
            return FoundResearch(outcome=Outcome.AUTH_ERROR, source=provider, detail=missing)
        options = self._options.get(provider, {})
        if provider == perplexity.NAME:
            return await perplexity.research(wanted, access(self._env, "PERPLEXITY", perplexity.URL), options)
        if provider in _ENGINES:
            engine, url = _ENGINES[provider]
            reader = self._reader(provider)
            try:
                model = self._model(reader) if reader else None
            except ProviderFailed as error:
                return FoundResearch(outcome=error.outcome, source=provider, detail=error.detail)
            return await searched.research(wanted, engine, access(self._env, provider.upper(), url), model)
        return await pages.research(wanted, self._private, options)

    def write_emails(self, provider: str, request: WriteRequest) -> Stream:
        if provider == LAST[Kind.WRITE]:
            return as_stream(emails_text(request))
        if provider == "local":
            stream = self._model(provider).stream(local_prompts.email_prompt(request))
            return with_opening(f"Subject: A note from {request.client.name}\n\n", stream)
        return self._model(provider).stream(emails_prompt(request))

    def write_page(self, provider: str, request: WriteRequest) -> Stream:
        if provider == LAST[Kind.WRITE]:
            return as_stream(page_text(request))
        asked = local_prompts.page_prompt if provider == "local" else page_prompt
        return self._model(provider).stream(asked(request))

    def parse_emails(self, text: str) -> tuple[Email, ...]:
        return letters.parse_emails(text)

    def page_of(self, provider: str, text: str, request: WriteRequest) -> LandingPage:
        info = self._infos.get(provider)
        made_by = LABEL if provider == LAST[Kind.WRITE] else (info.title if info else provider)
        return LandingPage(render_page(parse_page(text), request, made_by=made_by))

    def estimate(self, options: Options, *, medians_s: Mapping[str, float] | None = None) -> Estimate:
        first = {kind: order[0] for kind, order in self._orders.items()}
        return estimate(first, self._reader(first[Kind.RESEARCH]), options, self._options, medians_s or {})

    def providers(self) -> tuple[ProviderInfo, ...]:
        return tuple(self._infos.values())

    def _missing(self, provider: str, kind: Kind) -> str:
        """Why a provider cannot be asked; "" if it can."""
        info = self._infos.get(provider)
        if info is None or kind not in info.kinds:
            return f"No provider to {kind.value} is called {provider}."
        if info.ready:
            return ""
        absent = [name for name in info.needs if not self._env.get(name, "").strip()]
        return (
            f"{info.title} needs {' and '.join(absent)}." if absent else f"{info.title} is not installed. {info.note}"
        )

    def _reader(self, provider: str) -> str:
        """Which model reads the findings of a search; "" if none does."""
        chosen = self._options.get(provider, {}).get("reader")
        if chosen:
            return str(chosen) if chosen in _WIRES else ""
        return next((name for name in self._orders[Kind.WRITE] if name in _WIRES and self._infos[name].ready), "")

    def _model(self, provider: str) -> Model:
        """Raises `ProviderFailed`."""
        if missing := self._missing(provider, Kind.WRITE):
            raise ProviderFailed(provider, Outcome.AUTH_ERROR, missing)
        options = self._options.get(provider, {})
        if provider == "local":
            file = model_file(self._env)
            assert file is not None, "it is ready"
            return LocalModel(file, options)
        wire, url = _WIRES[provider]
        where = access(self._env, provider.upper(), url)
        return HttpModel(wire, where, str(options.get("model") or MODELS[provider]), options)

    def _secrets(self, described: template.Template) -> tuple[str, ...]:
        return tuple(self._env.get(name, "") for name in template.variables(described))
