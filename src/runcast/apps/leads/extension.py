"""The extension itself: its tables, queries, routes and place in the navigation."""

from __future__ import annotations

from pathlib import Path

from runcast import Extension, NavItem
from runcast.apps.leads.rows import ROWS

_HERE = Path(__file__).parent

leads = Extension(
    "leads",
    migrations=_HERE / "sql",
    queries=_HERE / "queries.sql",
    rows=ROWS,
    topics=["leads"],
    routes="runcast.apps.leads.routes:ROUTES",
    nav=[NavItem("Leads", "/leads", icon="contact")],
)
