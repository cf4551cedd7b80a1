"""Environment variables that the engine keeps for the workers of an environment."""

from __future__ import annotations

import os
from collections.abc import Mapping, MutableMapping


class Variables:
    """Sets what the process does not have from elsewhere: what an operator set for this one machine stays.

    >>> environ = {"REGION": "eu"}
    >>> Variables(environ).take({"REGION": "us", "MODEL": "large"})
    >>> environ
    {'REGION': 'eu', 'MODEL': 'large'}
    """

    def __init__(self, environ: MutableMapping[str, str] | None = None) -> None:
        self._environ = os.environ if environ is None else environ
        self._given: dict[str, str] = {}

    def take(self, variables: Mapping[str, str]) -> None:
        """What the engine has now. A value that changed replaces the one that came from here."""
        for name, value in variables.items():
            if name in self._environ and self._environ[name] != self._given.get(name):
                continue
            self._environ[name] = self._given[name] = value
