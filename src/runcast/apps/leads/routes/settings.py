"""`/api/leads/settings`: which providers are asked, in which order."""

from __future__ import annotations

import msgspec
from litestar import get, put

from runcast import Caller, InvalidInput, transact
from runcast.apps.leads.choices import choices_of, put_choices
from runcast.apps.leads.contract import Choices, Kind, ProviderInfo
from runcast.apps.leads.routes.environment import worker_env
from runcast.apps.leads.tools import toolbox

OPTIONS_BYTES_MAX = 64 * 1024
_SECRETS = frozenset({"api_key", "apikey", "key", "password", "secret", "token"})


class SettingsView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The settings of an environment."""

    choices: Choices
    """What was chosen; an order that is null is the one that the providers propose."""
    order: dict[str, tuple[str, ...]]
    """Who is asked, by kind: `enrich`, `research`, `write`."""
    providers: tuple[ProviderInfo, ...]
    """All there are. One that is not ready lacks the environment variables that it `needs`; keys are never told."""


@get("/settings", summary="Retrieve settings")
async def retrieve(caller: Caller) -> SettingsView:
    """Which providers there are, which are ready, and who is asked first."""
    return await _show(await transact(choices_of, caller.environment))


@put("/settings", summary="Change settings")
async def change(data: Choices, caller: Caller) -> SettingsView:
    """Order and options of providers. Keys are environment variables: they have no place here."""
    caller.require("write")
    if len(msgspec.json.encode(data)) > OPTIONS_BYTES_MAX:
        raise InvalidInput(f"settings have up to {OPTIONS_BYTES_MAX:,} bytes")
    if name := _find_secret(msgspec.to_builtins(data.options)):
        raise InvalidInput(f"{name!r} looks like a key: keys are environment variables, and are told to nobody")
    shown = await _show(data)
    await transact(put_choices, caller.environment, data)
    return shown


def _find_secret(value: object) -> str | None:
    """The name of something that should not be here."""
    if isinstance(value, list):
        return next((found for one in value if (found := _find_secret(one))), None)
    if not isinstance(value, dict):
        return None
    for name, inner in value.items():
        if isinstance(inner, str) and name.lower().replace("-", "_") in _SECRETS:
            return str(name)
        if found := _find_secret(inner):
            return found
    return None


async def _show(choices: Choices) -> SettingsView:
    """Raises `InvalidInput` for choices that name or describe nothing."""
    tools = toolbox(choices, await worker_env())
    return SettingsView(
        choices=choices, order={kind.value: tools.order(kind) for kind in Kind}, providers=tools.providers()
    )


ROUTES = [retrieve, change]
