"""The providers of Leads: who somebody is, what is worth knowing, and who writes; each over HTTP or offline."""

from runcast.apps.leads.providers.toolbox import make_toolbox

__all__ = ["make_toolbox"]
