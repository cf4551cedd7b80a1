"""The writer that is no model: templates, filled with facts, given out line by line."""

from __future__ import annotations

from runcast.apps.leads.contract import Delta, Finished
from runcast.apps.leads.providers.writing.model import Stream

NAME = "template"
LABEL = "template, no model"


async def as_stream(text: str) -> Stream:
    """A finished text in the form of one that is being written."""
    for line in text.splitlines(keepends=True):
        yield Delta(line)
    yield Finished(LABEL, cost_usd=0.0)
