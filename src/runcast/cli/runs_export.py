"""`runcast runs export`: runs as JSON lines or CSV, for other programs, as many as there are."""

from __future__ import annotations

import csv
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import click
import msgspec

from runcast.cli.command import Command, database_option
from runcast.cli.connect import with_gateway
from runcast.cli.filters import filter_options, run_filter
from runcast.cli.output import encode, note, print_json, run_record
from runcast.cli.runs_show import all_logs
from runcast.domain.errors import InvalidInput
from runcast.domain.run import Run
from runcast.gateway import ClientGateway, RunFilter

PAGE = 200
TELL_EVERY = 1_000
COLUMNS = (
    "id",
    "task",
    "queue",
    "status",
    "outcome",
    "created_at",
    "started_at",
    "finished_at",
    "executing_ms",
    "attempt",
    "tags",
    "concurrency_key",
    "idempotency_key",
    "parent_id",
    "root_id",
    "batch_id",
    "error_type",
    "error_message",
    "payload",
    "output",
    "metadata",
)

EXAMPLES = (
    ("runcast runs export --since 7d > week.jsonl", "the week's runs, a JSON object a line"),
    ("runcast runs export --status failed --format csv -o failed.csv", "for a spreadsheet"),
    ("runcast runs export --task enrich --all --with logs --with journal -o enrich.jsonl", "with all that they did"),
)


@click.command(cls=Command, name="export", examples=EXAMPLES)
@click.option("--format", "kind", type=click.Choice(["jsonl", "csv"]), default="jsonl", show_default=True)
@click.option(
    "--output", "-o", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Instead of stdout."
)
@click.option(
    "--with", "extras", multiple=True, type=click.Choice(["journal", "logs"]), help="With each run; JSON lines only."
)
@filter_options
@database_option
def export(
    kind: str, output: Path | None, extras: Sequence[str], database: str | None, as_json: bool, **filters: Any
) -> None:
    """Write runs as JSON lines or CSV, newest first.

    Streams: it needs little memory for millions of runs, and runs that are made meanwhile do not disturb it. Times are
    milliseconds in JSON, ISO 8601 (UTC) in CSV. A FILE is complete when it appears. Progress is told on stderr.
    """
    if kind == "csv" and extras:
        raise InvalidInput("--with needs --format jsonl: a journal does not fit into a cell")
    wanted = run_filter(**filters)

    async def work(gateway: ClientGateway) -> int:
        with _destination(output) as out:
            return await _export(gateway, wanted, _Csv(out) if kind == "csv" else _Lines(out, gateway, extras))

    count = with_gateway(database, work)
    if output is not None and as_json:
        print_json({"exported": count, "file": str(output)})
    elif output is not None:
        note(f"exported {count:,} {'run' if count == 1 else 'runs'} to {output}")


class _Lines:
    """JSON lines."""

    def __init__(self, out: BinaryIO, gateway: ClientGateway, extras: Sequence[str]) -> None:
        self._out = out
        self._gateway = gateway
        self._extras = extras

    async def write(self, run: Run) -> None:
        record = run_record(run)
        if "journal" in self._extras:
            record["journal"] = [msgspec.structs.asdict(entry) for entry in await self._gateway.journal(run.id)]
        if "logs" in self._extras:
            record["logs"] = [msgspec.structs.asdict(log) for log in await all_logs(self._gateway, run.id)]
        self._out.write(encode(record) + b"\n")


class _Csv:
    """CSV with a header, in UTF-8."""

    def __init__(self, out: BinaryIO) -> None:
        self._writer = csv.writer(_Utf8(out))
        self._writer.writerow(COLUMNS)

    async def write(self, run: Run) -> None:
        cells = run_cells(run)
        self._writer.writerow([cells[column] for column in COLUMNS])


class _Utf8:
    """What a CSV writer writes to, without owning the bytes below as `TextIOWrapper` would."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out

    def write(self, text: str) -> None:
        self._out.write(text.encode())


def run_cells(run: Run) -> dict[str, object]:
    """A run as a row of a table: no nested values, times as ISO 8601."""
    cells: dict[str, object] = {name: getattr(run, name, None) for name in COLUMNS}
    return cells | {
        "status": run.shown,
        "created_at": _iso(run.created_at),
        "started_at": _iso(run.started_at),
        "finished_at": _iso(run.finished_at),
        "tags": " ".join(run.tags),
        "error_type": run.error.type if run.error else None,
        "error_message": run.error.message if run.error else None,
    }


def _iso(at: int | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds")


async def _export(gateway: ClientGateway, wanted: RunFilter, table: _Lines | _Csv) -> int:
    count = 0
    async for run in _all_runs(gateway, wanted):
        await table.write(run)
        count += 1
        if count % TELL_EVERY == 0 and sys.stderr.isatty():
            sys.stderr.write(f"\r{count:,} runs")
    if count >= TELL_EVERY and sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K")
    return count


async def _all_runs(gateway: ClientGateway, wanted: RunFilter) -> AsyncIterator[Run]:
    cursor: str | None = None
    while True:
        page = await gateway.list_runs(wanted, cursor=cursor, limit=PAGE)
        for run in page.runs:
            yield run
        cursor = page.cursor
        if cursor is None:
            return


@contextmanager
def _destination(path: Path | None) -> Iterator[BinaryIO]:
    """stdout, or a file that gets its name when it is whole; a pipe or a device is written to as it is."""
    if path is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    is_special = path.exists() and not path.is_file()
    part = path if is_special else path.with_name(f"{path.name}.part")
    try:
        with part.open("wb") as out:
            yield out
        if not is_special:
            part.replace(path)
    except OSError as error:
        raise InvalidInput(f"cannot write {path}: {error.strerror}") from error
    finally:
        if not is_special:
            part.unlink(missing_ok=True)
