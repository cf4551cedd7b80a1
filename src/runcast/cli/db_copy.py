"""`runcast db copy`: a project moves into another database, with its runs in flight."""

from __future__ import annotations

import asyncio
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from runcast import config
from runcast.cli import exits
from runcast.cli.command import Command
from runcast.cli.connect import database_path
from runcast.cli.look import now_ms
from runcast.cli.output import console, print_json
from runcast.cli.shared import shared_database
from runcast.domain.errors import InvalidInput
from runcast.domain.masked import masked

if TYPE_CHECKING:
    from runcast.store.copy import Contents, Copied
    from runcast.store.doctor import Finding

EXAMPLES = (
    ("runcast db copy .runcast/runcast.db postgresql://ada@db.example.com/shop", "move up, with the engine stopped"),
    ("runcast db copy postgresql://ada@db.example.com/shop local.db", "the way back, or a copy to look at"),
)


@click.command(cls=Command, examples=EXAMPLES)
@click.argument("source")
@click.argument("target")
def copy(source: str, target: str, as_json: bool) -> int:
    """Copy everything from the database SOURCE into TARGET, which must be empty. One of them is a PostgreSQL.

    Stop every engine on SOURCE first. Runs that wait, are delayed, queued or scheduled go on in TARGET when an engine
    starts there, each over its journal; those that a worker held are queued again. It is one transaction: all is
    there, or nothing. SOURCE is left as it is: start nothing on it any more, or runs happen twice.
    """
    from runcast.store.doctor import LAWS

    if shared_database(source) is None and shared_database(target) is None:
        raise InvalidInput("both are files: `runcast db backup FILE` copies one into another")
    copied, held, findings = asyncio.run(_copy(source, target))
    place = masked(target)
    if as_json:
        broken = [finding.check for finding in findings]
        record = {"source": masked(source), "target": place, "rows": copied.rows, "tables": copied.tables}
        print_json(record | {"taken_back": held, "laws": len(LAWS), "broken": broken})
    else:
        _print(copied, held, findings, place)
    return exits.FAILED if findings else exits.OK


async def _copy(source: str, target: str) -> tuple[Copied, int, list[Finding]]:
    from functools import partial

    from runcast.clock import SystemClock
    from runcast.sdk.extension import load_extensions
    from runcast.store import doctor
    from runcast.store.copy import copy as copy_contents
    from runcast.store.copy import take_back
    from runcast.store.opening import open_store

    on_progress = _show_progress if sys.stderr.isatty() else None
    # Before anything is made in the target.
    with _opened(source, into=False) as contents:
        store = open_store(target, SystemClock())
        try:
            for extension in load_extensions(config.load().settings.extensions):
                await store.install(extension.app())
        finally:
            await asyncio.to_thread(store.close)
        with _opened(target, into=True) as into:
            copied = copy_contents(contents, into, on_progress=on_progress)
    store = open_store(target, SystemClock(), in_passing=True)
    try:
        held = await store.write(partial(take_back, now_ms()))
        return copied, held, await store.read(doctor.examine)
    finally:
        await asyncio.to_thread(store.close)


def _opened(named: str, *, into: bool) -> AbstractContextManager[Contents]:
    if (url := shared_database(named)) is not None:
        from runcast.store.postgres import contents as shared

        return shared.copied_into(url) if into else shared.copied_from(url)
    from runcast.store.sqlite import contents

    path: Path = database_path(named)
    return contents.copied_into(path) if into else contents.copied_from(path)


def _show_progress(copied: int, total: int) -> None:
    sys.stderr.write(f"\r{copied:,} of {total:,} rows")
    if copied == total:
        sys.stderr.write("\r\x1b[K")


def _print(copied: Copied, held: int, findings: list[Finding], place: str) -> None:
    from runcast.store.doctor import LAWS

    out = console()
    out.print(f"✓ {copied.rows:,} rows, {copied.tables['runs']:,} runs, in {place}", style="green", soft_wrap=True)
    if held:
        out.print(f"{held:,} runs that a worker held are queued again", soft_wrap=True)
    if findings:
        out.print(f"{len(findings)} of {len(LAWS)} laws are broken there: `runcast doctor` names them", style="red")
    else:
        out.print(f"✓ all {len(LAWS)} laws hold there", style="green", soft_wrap=True)
    out.print("next: name it in the setting `database`, and start engines; start none on the old one", soft_wrap=True)
