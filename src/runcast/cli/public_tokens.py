"""`runcast keys tokens` and `end-token`: which public tokens are out, and one that is to admit nobody any more."""

from __future__ import annotations

import click

from runcast.cli.command import Command, database_option
from runcast.cli.connect import with_gateway
from runcast.cli.look import ago, now_ms, printable
from runcast.cli.output import console, print_json
from runcast.domain.access import PublicToken, Revocation, check_environment
from runcast.domain.errors import InvalidInput

ENVIRONMENT = click.option(
    "--environment", "-e", metavar="NAME", default="dev", show_default=True, help="Where they are good."
)


@click.command(cls=Command, examples=(("runcast keys tokens -e prod", "what browsers hold"),))
@ENVIRONMENT
@database_option
def tokens(environment: str, database: str | None, as_json: bool) -> None:
    """List public tokens that were asked for and have not ended, newest first. Those that come with a trigger are not listed."""
    where = check_environment(environment)
    found = with_gateway(database, lambda gateway: gateway.list_public_tokens(where))
    if as_json:
        for token in found:
            print_json(token)
    elif found:
        _print(found)
    else:
        console().print("No public tokens. `runcast keys public --scope SCOPE` makes one.")


@click.command(
    cls=Command,
    name="end-token",
    examples=(
        ("runcast keys end-token token_…", "one of the list"),
        ("runcast keys end-token eyJhbGciOi…", "one that was found somewhere, by its text"),
        ("runcast keys end-token --name 'share 17'", "all that were made with a name"),
    ),
)
@click.argument("token", required=False, metavar="[TOKEN]")
@click.option("--name", default="", metavar="NAME", help="Every one that was made with this name.")
@ENVIRONMENT
@database_option
def end_token(token: str | None, name: str, environment: str, database: str | None, as_json: bool) -> None:
    """End public tokens before their time: TOKEN is an id or a token itself. Servers hear of it within two seconds."""
    if (token is None) == (not name):
        raise InvalidInput("say which: TOKEN, or --name NAME")
    text = token or ""
    where = check_environment(environment)
    which = Revocation(where, name=name) if name else _one(where, text)
    ended = with_gateway(database, lambda gateway: gateway.revoke_public_tokens(which))
    if as_json:
        print_json({"ended": ended})
    else:
        console().print(f"{ended} public token{'' if ended == 1 else 's'} ended")


def _one(environment: str, typed: str) -> Revocation:
    return Revocation(environment, token=typed) if "." in typed else Revocation(environment, id=typed)


def _print(found: object) -> None:
    from rich.table import Table

    assert isinstance(found, list | tuple)
    now = now_ms()
    table = Table(box=None, header_style="bright_black", padding=(0, 2, 0, 0))
    for heading in ("Token", "Name", "Scopes", "Created", ""):
        table.add_column(heading, no_wrap=True)
    for token in found:
        table.add_row(
            token.id,
            printable(token.name),
            printable(" ".join(token.scopes)),
            ago(token.created_at, now),
            _state(token),
        )
    console().print(table)


def _state(token: PublicToken) -> str:
    return "ended" if token.revoked_at is not None else "once" if token.once else ""
