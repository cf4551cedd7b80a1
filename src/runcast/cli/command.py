"""Commands that teach by example, and a group that imports a command only when it is used."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any, NamedTuple, TypeVar

import click
from click.shell_completion import CompletionItem

from runcast.cli.exits import USAGE
from runcast.domain.nearest import did_you_mean

HELP_WIDTH_MAX = 100
CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": HELP_WIDTH_MAX}

_DATABASE = "runcast.database"
"""Where a context keeps the database that was said before the command."""
_DATABASE_NAMES = ("--database", "-d")
_DATABASE_HELP = "Another database than the one of the settings  [default: .runcast/runcast.db]"

F = TypeVar("F", bound=Callable[..., Any])

Examples = Sequence[tuple[str, str]]
"""(command, what it does), shown at the end of a command's help."""


class Lazy(NamedTuple):
    """Where a command lives and what its group says of it, so that listing commands imports none of them."""

    target: str
    """`module:attribute`."""
    section: str
    help: str


class Command(click.Command):
    """A command with examples, and the two options that every command has."""

    def __init__(self, *args: Any, examples: Examples = (), **kwargs: Any) -> None:
        kwargs["context_settings"] = {**CONTEXT, **kwargs.get("context_settings", {})}
        super().__init__(*args, **kwargs)
        self.examples = examples
        self.params += [_json_option(), _traceback_option()]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        rest = super().parse_args(ctx, args)
        if ctx.meta.get(_DATABASE) and all(param.name != "database" for param in self.params):
            ctx.fail(f"{ctx.command_path} needs no database: leave --database out.")
        return rest

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        _write_examples(self.examples, formatter)
        super().format_epilog(ctx, formatter)


class LazyGroup(click.Group):
    """A group of commands named in a table; each is imported when it is called."""

    def __init__(
        self,
        *args: Any,
        lazy: Mapping[str, Lazy],
        examples: Examples = (),
        exits: Mapping[int, str] | None = None,
        default: str | None = None,
        **kwargs: Any,
    ) -> None:
        kwargs["context_settings"] = {**CONTEXT, **kwargs.get("context_settings", {})}
        super().__init__(*args, **kwargs)
        self._lazy = lazy
        self._default = default
        """The command that is meant when none is named."""
        self.params.append(_database_option_before())
        self.examples = examples
        self.exits = exits or {}

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        named = {"-h", "--help", *self._lazy} & set(args)
        if self._default and not named and (not args or args[0].startswith("-")):
            args = [self._default, *args]
        if not args and not ctx.resilient_parsing:
            click.echo(ctx.get_help())
            ctx.exit(USAGE)
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self._lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        lazy = self._lazy.get(cmd_name)
        if lazy is None:
            return None
        module, attribute = lazy.target.split(":")
        command = getattr(import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in self._lazy:
            ctx.fail(f"{ctx.command_path} has no command {args[0]!r}.{did_you_mean(args[0], self._lazy)}")
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Commands by the table, so that completing a name imports none of them."""
        found = [
            CompletionItem(name, help=lazy.help) for name, lazy in self._lazy.items() if name.startswith(incomplete)
        ]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        width = max(map(len, self._lazy))
        for section in dict.fromkeys(lazy.section for lazy in self._lazy.values()):
            rows = [(name.ljust(width), lazy.help) for name, lazy in self._lazy.items() if lazy.section == section]
            with formatter.section(section):
                formatter.write_dl(rows)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        _write_examples(self.examples, formatter)
        if self.exits:
            with formatter.section("Exit codes"):
                formatter.write_dl([(str(code).rjust(3), what) for code, what in self.exits.items()])
        super().format_epilog(ctx, formatter)


def database_option(command: F) -> F:
    """Add `--database`, for the commands that talk to one. It may be said before the command, too."""
    return click.option(*_DATABASE_NAMES, metavar="FILE|URL", default=_database_said_before, help=_DATABASE_HELP)(
        command
    )


def _database_option_before() -> click.Option:
    """`--database` of a group: whichever of its commands is called finds it."""

    def keep(ctx: click.Context, _param: click.Parameter, value: str | None) -> None:
        if value is not None:
            ctx.meta[_DATABASE] = value

    return click.Option(
        _DATABASE_NAMES, metavar="FILE|URL", expose_value=False, callback=keep, help="The same as after the command."
    )


def _database_said_before() -> str | None:
    return click.get_current_context().meta.get(_DATABASE)


def _json_option() -> click.Option:
    return click.Option(["--json", "as_json"], is_flag=True, help="JSON lines on stdout, errors as JSON on stderr.")


def _traceback_option() -> click.Option:
    # The error door in `main` looks for it: an error may come before options are parsed.
    return click.Option(["--traceback"], is_flag=True, expose_value=False, help="Show the traceback of an error.")


def _write_examples(examples: Examples, formatter: click.HelpFormatter) -> None:
    if not examples:
        return
    with formatter.section("Examples"):
        for command, what in examples:
            formatter.write(f"{'':{formatter.current_indent}}{command}\n")
            formatter.write(f"{'':{formatter.current_indent}}    {what}\n")
