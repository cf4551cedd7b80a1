"""Leads, clients and readers that the tests of the providers share."""

from __future__ import annotations

from runcast.apps.leads.contract import (
    ClientBrief,
    Delta,
    EnrichInput,
    Fact,
    Finished,
    Profile,
    Research,
    WriteRequest,
    Writing,
)

ADA = EnrichInput(linkedin_url="https://www.linkedin.com/in/ada-lovelace", slug="ada-lovelace")
NOBODY = EnrichInput(linkedin_url="https://www.linkedin.com/in/qx7", slug="qx7")
PROFILE = Profile(
    name="Ada Lovelace",
    title="Chief Engineer",
    company="Analytical Engines",
    company_domain="analytical.example",
    location="London",
)
CLIENT = ClientBrief(
    name="Globex", website="https://globex.example", offer="heat pumps for factories", sender="Grace, Globex"
)
SAID = Fact("description", "We build engines that weave algebra.", "https://www.analytical.example/about")
REQUEST = WriteRequest(profile=PROFILE, research=Research(markdown="## Company", facts=(SAID,)), client=CLIENT, count=2)


async def read(writing: Writing) -> tuple[str, Finished | None]:
    """The whole text, and how it ended."""
    texts: list[str] = []
    async for part in writing:
        if isinstance(part, Finished):
            return "".join(texts), part
        assert isinstance(part, Delta)
        texts.append(part.text)
    return "".join(texts), None
