"""`runcast keys`: what admits to the HTTP API."""

from __future__ import annotations

from typing import Any

import click

from runcast.cli.command import Command, Lazy, LazyGroup, database_option
from runcast.cli.connect import with_gateway
from runcast.cli.look import ago, now_ms, printable
from runcast.cli.output import console, note, print_json
from runcast.domain.access import SLUGS, ApiKey, NewToken, Role, check_environment, split_environment
from runcast.domain.durations import duration_ms
from runcast.domain.errors import InvalidInput, NotFound
from runcast.domain.nearest import did_you_mean
from runcast.domain.scopes import check_actions, parse_scopes
from runcast.gateway import ClientGateway
from runcast.sdk.fresh_ids import fresh_id

COMMANDS = {
    "list": Lazy("runcast.cli.keys:list_keys", "Look", "List keys: where each admits, as what, and when it last did."),
    "create": Lazy("runcast.cli.keys:create", "Act", "Create a key; it is shown once."),
    "rotate": Lazy("runcast.cli.keys:rotate", "Act", "Create a key in the place of another."),
    "revoke": Lazy("runcast.cli.keys:revoke", "Act", "Let keys admit nobody any more."),
    "public": Lazy("runcast.cli.keys:public", "Act", "Create a token for a browser."),
    "tokens": Lazy("runcast.cli.public_tokens:tokens", "Look", "List public tokens that have not ended."),
    "end-token": Lazy("runcast.cli.public_tokens:end_token", "Act", "End public tokens before their time."),
}
_UNITS_MS = (86_400_000, 3_600_000, 60_000)
ROLES = click.Choice([role.value for role in Role])


@click.group(
    cls=LazyGroup,
    lazy=COMMANDS,
    examples=(
        ("runcast keys create website --environment prod", "for a program that triggers and reads"),
        ("runcast keys rotate website --overlap 1d", "another one; the old one goes on for a day"),
        ("runcast keys public --scope read:runs:run_… --expires 1h", "for one page about one run"),
    ),
)
def keys() -> None:
    """Keys to the HTTP API. KEY is an id, or a name that only one key has."""


@click.command(cls=Command, name="list", examples=(("runcast keys list --environment prod", "of one environment"),))
@click.option("--environment", "-e", metavar="NAME", help="Only those of one environment.")
@click.option("--all", "everything", is_flag=True, help="With those that admit nobody any more.")
@database_option
def list_keys(environment: str | None, everything: bool, database: str | None, as_json: bool) -> None:
    """List keys, newest first."""

    async def work(gateway: ClientGateway) -> list[ApiKey]:
        found = await gateway.list_keys(environment)
        return [key for key in found if everything or not _ended(key)]

    found = with_gateway(database, work)
    if as_json:
        for key in found:
            print_json(key)
    elif found:
        _print_keys(found)
    else:
        console().print("No keys. `runcast keys create NAME` makes one.")


@click.command(
    cls=Command,
    examples=(
        ("runcast keys create website -e prod", "may trigger and read"),
        ("runcast keys create board -e prod --role viewer --expires 90d", "may read, for 90 days"),
    ),
)
@click.argument("name")
@click.option("--environment", "-e", metavar="NAME", default="dev", show_default=True, help="Where it admits.")
@click.option("--role", type=ROLES, default=Role.OPERATOR.value, show_default=True, help="What it may do.")
@click.option("--expires", metavar="DURATION", help="How long it admits, such as 90d  [default: until it is revoked]")
@database_option
def create(name: str, environment: str, role: str, expires: str | None, database: str | None, as_json: bool) -> None:
    """Create a key called NAME. It is shown now and never again: only a digest of it is kept."""
    from runcast.api.keys import make_key

    lifetime_ms = None if expires is None else duration_ms(expires, name="--expires")
    key, new = make_key(name, check_environment(environment), Role(role), lifetime_ms)
    made = with_gateway(database, lambda gateway: gateway.add_key(new))
    _show_once(key, made, as_json=as_json)


@click.command(cls=Command, examples=(("runcast keys rotate website --overlap 1d", "both admit for a day"),))
@click.argument("key", metavar="KEY")
@click.option(
    "--overlap", metavar="DURATION", default="1d", show_default=True, help="How long the old one goes on admitting."
)
@click.option(
    "--expires", metavar="DURATION", help="How long the new one admits  [default: as long as the old one did]"
)
@database_option
def rotate(key: str, overlap: str, expires: str | None, database: str | None, as_json: bool) -> None:
    """Create a key with the name, role and environment of KEY, which admits only for --overlap from now on."""
    from runcast.api.keys import make_key

    overlap_ms = duration_ms(overlap, name="--overlap")
    lifetime_ms = None if expires is None else duration_ms(expires, name="--expires")

    async def work(gateway: ClientGateway) -> tuple[str, ApiKey]:
        old = await _find(gateway, key, replaced=False)
        secret, new = make_key(old.name, old.environment, old.role, lifetime_ms)
        return secret, await gateway.rotate_key(old.id, new, overlap_ms=overlap_ms)

    secret, made = with_gateway(database, work)
    _show_once(secret, made, as_json=as_json)


@click.command(cls=Command, examples=(("runcast keys revoke website", "at once"),))
@click.argument("keys", metavar="KEY...", nargs=-1, required=True)
@database_option
def revoke(keys: tuple[str, ...], database: str | None, as_json: bool) -> None:
    """Let each KEY admit nobody any more. Public tokens that were made with it stay good: `runcast keys end-token`."""

    async def work(gateway: ClientGateway) -> list[ApiKey]:
        found = [await _find(gateway, key, replaced=True) for key in keys]
        return [await gateway.revoke_key(key.id) for key in found]

    for key in with_gateway(database, work):
        if as_json:
            print_json(key)
        else:
            console().print(f"{key.id} {printable(key.name)} is revoked")


@click.command(
    cls=Command,
    examples=(
        ("runcast keys public --scope read:runs:run_… --expires 1h", "a page follows one run"),
        ("runcast keys public --scope trigger:tasks:hello --once", "a form starts one run"),
    ),
)
@click.option("--scope", "scopes", multiple=True, required=True, metavar="SCOPE", help="Such as read:runs:run_…")
@click.option("--expires", metavar="DURATION", default="1h", show_default=True, help="How long it is good: up to 30d.")
@click.option("--once", is_flag=True, help="Good for one trigger.")
@click.option("--name", default="", metavar="NAME", help="What it is for; those of a name are revoked together.")
@click.option("--environment", "-e", metavar="NAME", default="dev", show_default=True, help="Where it is good.")
@database_option
def public(
    scopes: tuple[str, ...],
    expires: str,
    once: bool,
    name: str,
    environment: str,
    database: str | None,
    as_json: bool,
) -> None:
    """Create a public token: it may do what each --scope says and nothing else, so a browser may have it."""
    check_actions(parse_scopes(scopes))
    lifetime_ms = duration_ms(expires, name="--expires")
    new = NewToken(fresh_id("token"), scopes, check_environment(environment), lifetime_ms, once=once, name=name)
    token = with_gateway(database, lambda gateway: gateway.create_public_token(new))
    if as_json:
        print_json(
            {"token": token, "id": new.id, "scopes": scopes, "environment": environment, "expires_in_ms": lifetime_ms}
        )
    else:
        click.echo(token)


async def _find(gateway: ClientGateway, typed: str, *, replaced: bool) -> ApiKey:
    """The key that `typed` names; by its name also one that was replaced, if wanted. Raises `NotFound`, or `InvalidInput` when there are several."""
    known = await gateway.list_keys()
    by_id = [key for key in known if key.id == typed]
    by_name = [key for key in known if key.name == typed and not _ended(key) and (replaced or not key.replaced_by)]
    matches = by_id or by_name
    if len(matches) > 1:
        raise InvalidInput(
            f"{len(matches)} keys are called {typed!r}: say which ({', '.join(key.id for key in matches)})"
        )
    if not matches:
        near = did_you_mean(typed, [key.name for key in known])
        raise NotFound(f"no key {typed!r}.{near} `runcast keys list` shows them")
    return matches[0]


def _show_once(key: str, made: ApiKey, *, as_json: bool) -> None:
    if as_json:
        import msgspec

        record: dict[str, Any] = msgspec.to_builtins(made)
        print_json({**record, "key": key})
        return
    click.echo(key)
    note(f"{made.id} admits to {made.environment} as {made.role}. Keep it now: it is not shown again.")


def _ended(key: ApiKey) -> bool:
    return key.revoked_at is not None or (key.expires_at is not None and key.expires_at <= now_ms())


def _print_keys(found: list[ApiKey]) -> None:
    from rich.table import Table

    now = now_ms()
    table = Table(box=None, header_style="bright_black", padding=(0, 2, 0, 0))
    for heading in ("Key", "Name", "Environment", "Role", "Ending", "Created", "Last used", ""):
        table.add_column(heading, no_wrap=True)
    order = {slug: place for place, slug in enumerate(SLUGS)}
    for key in sorted(found, key=lambda key: order.get(split_environment(key.environment)[1], 0)):
        used = "never" if key.used_at is None else ago(key.used_at, now)
        cells = (key.id, printable(key.name), key.environment, key.role, f"…{key.hint}", ago(key.created_at, now), used)
        table.add_row(*cells, _state(key, now))
    console().print(table)


def _state(key: ApiKey, now: int) -> str:
    from runcast.domain.durations import duration_text

    if key.revoked_at is not None:
        return "revoked"
    if key.expires_at is None:
        return ""
    unit_ms = next((unit_ms for unit_ms in _UNITS_MS if key.expires_at - now >= 2 * unit_ms), 1_000)
    left = duration_text((key.expires_at - now) // unit_ms * unit_ms)
    return "expired" if key.expires_at <= now else f"ends in {left}"
