"""Two releases of Runcast and two versions of an app, as folders: for processes that are upgraded while others run."""

from __future__ import annotations

import shutil
from pathlib import Path

import runcast

PRE = """
-- phase: pre
alter table runs add column ended_by text;
alter table queues add column note text default 'old';
"""
POST = """
-- phase: post
alter table queues alter column note set not null;
"""
_SQLITE = "-- phase: {phase}\ncreate table notes_{phase} (note text);\n"

APP = """
import os
from runcast import metadata, step, streams, task, wait

def note(what):
    file = os.open(os.environ["UPGRADE_LEDGER"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(file, f"{what} VERSION\\n".encode())
    os.close(file)

@step
async def charge(number: int) -> int:
    note(f"charge {number}")
    return number

@step
async def ship(number: int) -> int:
    note(f"ship {number}")
    return number
"""
ORDER = {
    "a": """
@task
async def order(number: int, token: str | None) -> int:
    metadata.increment("begun")
    await charge(number)
    streams.append("news", "charged")
    if token:
        await wait.for_token(token)
    else:
        await wait.for_(0.2)
    await ship(number)
    streams.append("news", "shipped")
    return number
""",
    # Another order of the source, a step more before and one more behind what is recorded.
    "b": """
@step
async def audit(number: int) -> None:
    note(f"audit {number}")

@task
async def order(number: int, token: str | None) -> int:
    await audit(number)
    metadata.increment("begun")
    await charge(number)
    streams.append("news", "charged")
    await (wait.for_token(token) if token else wait.for_(0.2))
    await ship(number)
    streams.append("news", "shipped")
    return number
""",
}
MOVED = {
    "a": """
@step(key="pay")
async def pay(number: int) -> int:
    note(f"pay {number}")
    return number

@task
async def moved(number: int, token: str) -> int:
    await pay(number)
    await wait.for_token(token)
    return number
""",
    # Under the key of a step that is recorded is another kind of call now.
    "b": """
@task
async def moved(number: int, token: str) -> int:
    await wait.for_(0.1, key="pay")
    await wait.for_token(token)
    return number
""",
}


def write_app(folder: Path, version: str) -> Path:
    """A project with `shop.py`; version `a` or `b`."""
    folder.mkdir()
    text = APP.replace("VERSION", version) + ORDER[version] + MOVED[version]
    (folder / "shop.py").write_text(text)
    return folder


def write_next_release(folder: Path) -> Path:
    """A copy of this release with one migration more, whose queries use what it adds. For `PYTHONPATH`."""
    package = folder / "runcast"
    shutil.copytree(Path(runcast.__file__).parent, package)
    sql = package / "store" / "sql"
    number = len(list((sql / "migrations").glob("*[a-z].sqlite.sql"))) + 1
    for phase, text in (("pre", PRE), ("post", POST)):
        ending = ".post" if phase == "post" else ""
        name = f"{number:04}_notes{ending}"
        (sql / "migrations" / f"{name}.postgres.sql").write_text(text)
        (sql / "migrations" / f"{name}.sqlite.sql").write_text(_SQLITE.format(phase=phase))
    queries = sql / "report.sql"
    before = queries.read_text()
    after = before.replace(
        "-- name: finish_runs\nupdate runs\nset ", "-- name: finish_runs\nupdate runs\nset ended_by = 'next', "
    )
    assert after != before, "the query that the next release changes is gone"
    queries.write_text(after)
    return folder
