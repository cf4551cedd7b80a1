"""What every part of the confined gateways needs: the caller's environment and role, and whose an id is."""

from __future__ import annotations

from functools import partial

from runcast.api.caller import Caller
from runcast.domain.access import Role
from runcast.domain.errors import AccessDenied, NotFound
from runcast.engine.engine import Engine
from runcast.store import confined

_ROLES = tuple(Role)


class Confined:
    """An engine as a caller with a role may see it: one environment of it."""

    def __init__(self, engine: Engine, caller: Caller) -> None:
        assert caller.role is not None, "a public token has no gateway"
        self._engine = engine
        self._environment = caller.environment
        self._role = caller.role
        self._name = caller.name

    def _require(self, role: Role) -> None:
        """Raises `AccessDenied` for a caller of a lesser role."""
        if _ROLES.index(self._role) < _ROLES.index(role):
            raise AccessDenied(f"this needs a key with the role {role}; this one has {self._role}")

    def _beyond(self, what: str) -> AccessDenied:
        return AccessDenied(f"{what} belong to the whole installation: a key of one environment does not reach them")

    async def _see(self, *ids: str) -> None:
        self._require(Role.VIEWER)
        await self._look(ids)

    async def _change(self, *ids: str) -> None:
        self._require(Role.OPERATOR)
        await self._look(ids)

    async def _look(self, ids: list[str] | tuple[str, ...]) -> None:
        """Raises `NotFound` for runs and waits of another environment, as for those that do not exist."""
        if ids:
            elsewhere = await self._engine.store.read(partial(confined.find_elsewhere, self._environment, ids))
            if elsewhere is not None:
                raise NotFound(f"nothing has the id {elsewhere!r}")
