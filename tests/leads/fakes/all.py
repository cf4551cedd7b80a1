"""All fakes together, and the environment that leads the providers to them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from tests.leads.fakes import models, profiles, searches
from tests.leads.fakes.profiles import KEY
from tests.leads.fakes.server import FakeServer, serving

ANSWERS = {
    "PDL": profiles.people_data_labs,
    "ENRICHLAYER": profiles.enrich_layer,
    "HUNTER": profiles.hunter,
    "PERPLEXITY": searches.perplexity,
    "TAVILY": searches.tavily,
    "BRAVE": searches.brave,
    "OPENAI": models.openai,
    "ANTHROPIC": models.anthropic,
    "GEMINI": models.gemini,
}
"""By the name that is in front of their environment variables."""


@dataclass(frozen=True)
class Fakes:
    """The servers by name, and the environment variables for them."""

    servers: dict[str, FakeServer]

    def __getitem__(self, name: str) -> FakeServer:
        return self.servers[name]

    def env(self, *names: str) -> dict[str, str]:
        """Keys and base URLs of some of them, or of all."""
        found: dict[str, str] = {}
        for name in names or tuple(self.servers):
            found[f"{name}_API_KEY"] = KEY
            found[f"{name}_BASE_URL"] = self.servers[name].url
        return found


@contextmanager
def faked(*names: str) -> Iterator[Fakes]:
    """The fakes of these names, or all.

    with faked("PDL", "ANTHROPIC") as fakes:
        toolbox = make_toolbox(Choices(), fakes.env())
    """
    with ExitStack() as stack:
        yield Fakes({name: stack.enter_context(serving(ANSWERS[name])) for name in names or tuple(ANSWERS)})
