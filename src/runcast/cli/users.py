"""`runcast users`: people who may sign in."""

from __future__ import annotations

import sys

import click

from runcast.cli.command import Command, Lazy, LazyGroup, database_option
from runcast.cli.connect import with_gateway
from runcast.cli.keys import ROLES
from runcast.cli.look import ago, now_ms, printable
from runcast.cli.output import console, print_json
from runcast.domain.access import NewPerson, Person, PersonChange, Role, check_email
from runcast.domain.errors import InvalidInput
from runcast.gateway import ClientGateway
from runcast.sdk.fresh_ids import fresh_id

COMMANDS = {
    "list": Lazy("runcast.cli.users:list_users", "Look", "List people: who they are, and when they last signed in."),
    "add": Lazy("runcast.cli.users:add", "Act", "Let somebody sign in."),
    "password": Lazy("runcast.cli.users:password", "Act", "Give somebody another password."),
    "role": Lazy("runcast.cli.users:role", "Act", "Give somebody another role."),
    "disable": Lazy("runcast.cli.users:disable", "Act", "Let somebody in no more; sign them out everywhere."),
    "enable": Lazy("runcast.cli.users:enable", "Act", "Let somebody in again."),
}


@click.group(
    cls=LazyGroup,
    lazy=COMMANDS,
    examples=(
        ("runcast users add ada@example.com --role admin", "the first one; asks for a password"),
        ("runcast users disable ada@example.com", "signed out everywhere, at once"),
    ),
)
def users() -> None:
    """People who may sign in: viewers read, operators act on runs, admins manage keys and people."""


@click.command(cls=Command, name="list", examples=(("runcast users list", "everybody"),))
@database_option
def list_users(database: str | None, as_json: bool) -> None:
    """List people, by e-mail address."""
    found = with_gateway(database, _list)
    if as_json:
        for person in found:
            print_json(person)
    elif found:
        _print_people(found)
    else:
        console().print("Nobody. `runcast users add EMAIL --role admin` lets the first person in.")


async def _list(gateway: ClientGateway) -> list[Person]:
    return list(await gateway.list_people())


@click.command(
    cls=Command,
    examples=(
        ("runcast users add ada@example.com --role admin", "asks for a password"),
        ("pass show runcast | runcast users add ada@example.com", "reads it from a pipe"),
    ),
)
@click.argument("email")
@click.option("--role", type=ROLES, default=Role.VIEWER.value, show_default=True, help="What they may do.")
@click.option("--name", default="", metavar="TEXT", help="How pages call them.")
@database_option
def add(email: str, role: str, name: str, database: str | None, as_json: bool) -> None:
    """Let the person at EMAIL sign in. The password is asked for, or read as the first line of a pipe."""
    email = check_email(email)
    new = NewPerson(fresh_id("person"), email, _ask_password(), name=name, role=Role(role))
    _tell(with_gateway(database, lambda gateway: gateway.add_person(new)), "may sign in", as_json=as_json)


@click.command(cls=Command, examples=(("runcast users password ada@example.com", "asks for it"),))
@click.argument("email")
@database_option
def password(email: str, database: str | None, as_json: bool) -> None:
    """Give the person at EMAIL another password, and sign them out everywhere."""
    _change(email, PersonChange(password=_ask_password()), "has another password", database, as_json=as_json)


@click.command(cls=Command, examples=(("runcast users role ada@example.com operator", "from the next sign-in on"),))
@click.argument("email")
@click.argument("role", type=ROLES)
@database_option
def role(email: str, role: str, database: str | None, as_json: bool) -> None:
    """Give the person at EMAIL another role, and sign them out everywhere."""
    _change(email, PersonChange(role=Role(role)), f"is {role}", database, as_json=as_json)


@click.command(cls=Command, examples=(("runcast users disable ada@example.com", "signed out everywhere"),))
@click.argument("email")
@database_option
def disable(email: str, database: str | None, as_json: bool) -> None:
    """Let the person at EMAIL in no more, and sign them out everywhere."""
    _change(email, PersonChange(disabled=True), "is signed out, and may not sign in", database, as_json=as_json)


@click.command(cls=Command, examples=(("runcast users enable ada@example.com", "with the password they had"),))
@click.argument("email")
@database_option
def enable(email: str, database: str | None, as_json: bool) -> None:
    """Let the person at EMAIL sign in again."""
    _change(email, PersonChange(disabled=False), "may sign in", database, as_json=as_json)


def _change(email: str, change: PersonChange, what: str, database: str | None, *, as_json: bool) -> None:
    address = check_email(email)
    _tell(with_gateway(database, lambda gateway: gateway.change_person(address, change)), what, as_json=as_json)


def _ask_password() -> str:
    """The argon2id hash of what is typed."""
    from runcast.api.passwords import hash_password

    if sys.stdin.isatty():
        typed = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    else:
        typed = sys.stdin.readline().rstrip("\r\n")
        if not typed:
            raise InvalidInput("no password: give it as the first line on stdin, or type it in a terminal")
    return hash_password(typed)


def _tell(person: Person, what: str, *, as_json: bool) -> None:
    if as_json:
        print_json(person)
    else:
        console().print(f"{printable(person.email)} {what}")


def _print_people(found: list[Person]) -> None:
    from rich.table import Table

    now = now_ms()
    table = Table(box=None, header_style="bright_black", padding=(0, 2, 0, 0))
    for heading in ("E-mail", "Name", "Role", "Last signed in", ""):
        table.add_column(heading, no_wrap=True)
    for person in found:
        signed_in = "never" if person.signed_in_at is None else ago(person.signed_in_at, now)
        state = "" if person.disabled_at is None else "disabled"
        table.add_row(printable(person.email), printable(person.name), person.role, signed_in, state)
    console().print(table)
