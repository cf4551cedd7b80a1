"""What the routes of an extension reach: the caller's environment, and the extension's own transactions."""

from __future__ import annotations

from runcast.api.caller import Caller
from runcast.api.confined_client import ConfinedClient
from runcast.domain.access import Role
from runcast.domain.errors import AccessDenied
from runcast.domain.ids import RunId
from runcast.domain.transaction import App
from runcast.engine.engine import Engine
from runcast.sdk.doors import GatewayDoor


class AppGateway(ConfinedClient):
    """A client's gateway for one request: who may read, reads, and who may trigger, also writes the app's tables."""

    def __init__(self, engine: Engine, caller: Caller, app: App) -> None:
        super().__init__(engine, caller)
        self._app = app

    async def variables(self, environment: str) -> dict[str, str]:
        """An app asks for their names (`Client.variable_names`), so that its pages can say what is missing."""
        self._require(Role.VIEWER)
        return dict.fromkeys(await self._engine.variables(self._environment), "")

    async def transact(
        self, extension: str, name: str, arguments: str, *, run_id: RunId | None = None, key: str = ""
    ) -> str:
        if extension != self._app.name:
            raise AccessDenied(f"routes of the extension {self._app.name!r} have no transactions of {extension!r}")
        self._require(Role.VIEWER if name in self._app.reads else Role.OPERATOR)
        return await self._engine.transact(extension, name, arguments, run_id=run_id, key=key)


class RequestDoor(GatewayDoor):
    """The way to the engine that serves a request; it outlives the request."""

    async def close(self) -> None:
        """What `async with Client()` in a handler closes is not the engine."""
