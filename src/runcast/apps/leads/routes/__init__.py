"""The API of Leads, below `/api/leads`."""

from __future__ import annotations

from runcast.apps.leads.routes import acts, assets, batches, clients, creating, lists, reports, settings, shares

ROUTES = [
    *clients.ROUTES,
    *creating.ROUTES,
    *settings.ROUTES,
    *batches.ROUTES,
    *shares.ROUTES,
    *lists.ROUTES,
    *acts.ROUTES,
    *assets.ROUTES,
    *reports.ROUTES,
]
