"""The providers of this process, with its keys."""

from __future__ import annotations

import os
from collections.abc import Mapping

from runcast.apps.leads.contract import Choices, Toolbox


def toolbox(choices: Choices, env: Mapping[str, str] | None = None) -> Toolbox:
    """All providers, as `choices` want them, with the keys of `env`: by default this process's environment variables."""
    # Where it is needed: workers and engines that touch no lead do not load the providers.
    from runcast.apps.leads.providers import make_toolbox

    return make_toolbox(choices, os.environ if env is None else env)
