"""Golden journals: what real runs recorded, kept in files that new code is checked against."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from runcast.domain.errors import InvalidInput
from runcast.domain.journal import Entry, EntryKind
from runcast.domain.run import Run
from runcast.gateway import ClientGateway

FORMAT = 1
SUFFIX = ".journal.json"


class Golden(msgspec.Struct, frozen=True, kw_only=True):
    """One run as it was when it was recorded."""

    runcast_journal: int = FORMAT
    """Version of the format."""
    run: Run
    journal: tuple[Entry, ...]
    batches: dict[str, tuple[Run, ...]] = {}
    """The members of each batch in the journal."""


async def record_golden(gateway: ClientGateway, run: Run) -> Golden:
    """A run with its journal, as it is now."""
    journal = tuple(await gateway.journal(run.id))
    ids = [entry.awaits for entry in journal if entry.kind is EntryKind.BATCH and entry.awaits]
    return Golden(run=run, journal=journal, batches={id: tuple(await gateway.members(id)) for id in ids})


def write_golden(golden: Golden, folder: Path) -> Path:
    """Write it to a file of its own in `folder`; the file."""
    folder.mkdir(parents=True, exist_ok=True)
    name = "".join(char if char.isalnum() or char in "-_." else "_" for char in golden.run.task)
    file = folder / f"{name}-{golden.run.id}{SUFFIX}"
    file.write_bytes(msgspec.json.format(msgspec.json.encode(golden), indent=1) + b"\n")
    return file


def read_golden(paths: Sequence[Path]) -> list[tuple[Path, Golden]]:
    """The journals in files and folders, in order of name. Raises `InvalidInput` for what is none."""
    found: list[tuple[Path, Golden]] = []
    for path in paths:
        if not path.exists():
            raise InvalidInput(f"no file or folder {str(path)!r}")
        files = sorted(path.glob(f"*{SUFFIX}")) if path.is_dir() else [path]
        if not files:
            raise InvalidInput(
                f"no journals (*{SUFFIX}) in {path}; `runcast journals record RUN --out {path}` makes some"
            )
        found += [(file, _read(file)) for file in files]
    return found


def _read(file: Path) -> Golden:
    try:
        golden = msgspec.json.decode(file.read_bytes(), type=Golden)
    except (msgspec.DecodeError, OSError) as error:
        raise InvalidInput(f"{file} is no journal: {error}") from error
    if golden.runcast_journal != FORMAT:
        raise InvalidInput(f"{file} has format {golden.runcast_journal}, this release reads {FORMAT}: record it again")
    return golden
