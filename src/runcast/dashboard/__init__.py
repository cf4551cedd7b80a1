"""The dashboard: the pages that `web/app` is built into, served beside the API."""

from runcast.dashboard.serving import show_dashboard

__all__ = ["show_dashboard"]
