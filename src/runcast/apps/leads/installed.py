"""Leads as an engine installs it and a worker knows it: the extension with all of its tasks and transactions."""

from __future__ import annotations

from runcast.apps.leads import adding, choices, clients, reading, saving, sharing
from runcast.apps.leads.enrich import enrich
from runcast.apps.leads.extension import leads
from runcast.apps.leads.orchestrate import orchestrate
from runcast.apps.leads.research import research
from runcast.apps.leads.write import build_page, write_emails

__all__ = ["leads"]
TASKS = (orchestrate, enrich, research, write_emails, build_page)
TRANSACTIONS = (adding, choices, clients, reading, saving, sharing)
"""The modules that register them."""
