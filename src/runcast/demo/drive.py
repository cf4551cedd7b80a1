"""One demo from its start to its summary: an engine in this process, one run, and somebody who watches it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runcast import Client, Conflict, RunHandle, RunSnapshot, RunStatus, embed
from runcast.demo.board import Board, CompanyRun
from runcast.demo.companies import CompanyList, read_table
from runcast.demo.result import Enriched
from runcast.demo.score import listed_tickers, score
from runcast.demo.summary import FailedRow, Summary
from runcast.demo.tasks import RESULT_NAME, ListJob, enrich_list
from runcast.demo.views import View

DEFAULT_DATABASE = Path(".runcast/demo.db")
DEFAULT_PACE_S = 0.2
GRACE_S = 2
"""What look-ups under way get to finish when somebody stops the demo; what is not done goes on with the next one."""
UNFINISHED = (RunStatus.QUEUED, RunStatus.DELAYED, RunStatus.EXECUTING, RunStatus.WAITING)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to enrich, how fast, and where to keep it."""

    companies: CompanyList
    pace_s: float
    database: Path

    @property
    def result(self) -> Path:
        """Where the CSV file goes: `demo.db` has its result in `demo/companies.csv`."""
        return self.database.with_suffix("") / RESULT_NAME


async def run_demo(plan: Plan, view: View) -> Summary:
    """Go on with the run that an earlier demo left unfinished, or start one; follow it to its end.

    Raises `DatabaseLocked` while another process uses the database, and `Conflict` when the run needs a person.
    """
    plan.database.parent.mkdir(parents=True, exist_ok=True)
    async with embed(plan.database, grace=GRACE_S) as client:
        began_at = time.monotonic()
        unfinished = await find_unfinished(client)
        run = unfinished or await (await start(client, plan)).fetch()
        board = Board(total=len(run.payload["companies"]))
        before = 0
        with view:
            if unfinished:
                before = await take_stock(client, board, run.id)
            view.begin(board, title(board, run.id, before=before if unfinished else None))
            ended = await follow(client, board, run.id, view)
        elapsed_s = time.monotonic() - began_at
        plan.result.parent.mkdir(parents=True, exist_ok=True)
        plan.result.write_bytes(await result_file(client, run.id))
    return summarize(plan, ended, board, finished_here=board.finished - before, elapsed_s=elapsed_s)


async def find_unfinished(client: Client) -> RunSnapshot[Any] | None:
    """The list's run that an earlier process began and did not end."""
    page = await client.list(task=enrich_list.name, status=UNFINISHED, roots_only=True, limit=1)
    return page.runs[0] if page.runs else None


async def start(client: Client, plan: Plan) -> RunHandle[Any]:
    """Trigger the list's run. The truth stays here."""
    return await client.trigger(enrich_list, ListJob(plan.companies.companies, plan.pace_s))


async def take_stock(client: Client, board: Board, run_id: str) -> int:
    """Put on the board what an earlier process left; how many companies it had finished."""
    cursor = None
    while True:
        page = await client.list(root=run_id, cursor=cursor, limit=500)
        for snapshot in page.runs:
            if snapshot.id != run_id:
                board.apply(snapshot)
        cursor = page.cursor
        if cursor is None:
            return board.finished


def title(board: Board, run_id: str, *, before: int | None) -> str:
    """What this process is about to do."""
    if before is None:
        return f"Enriching {board.total} companies ({run_id})"
    return f"Going on with {run_id}: {before} of {board.total} companies were done"


async def follow(client: Client, board: Board, run_id: str, view: View) -> RunSnapshot[Any]:
    """Show every change until the list's run has ended; its last state. Raises `Conflict` when it is parked."""
    ended: RunSnapshot[Any] | None = None
    async for snapshot in client.follow_tree(run_id):
        finished: list[CompanyRun] = []
        if snapshot.parked_reason and not snapshot.is_final:
            raise Conflict(f"run {snapshot.id} needs a person: {snapshot.parked_reason}")
        if snapshot.id == run_id:
            ended = snapshot
        elif company := board.apply(snapshot):
            finished.append(company)
        view.show(board, finished)
    assert ended is not None, "a tree is followed until its root has ended"
    return ended


async def result_file(client: Client, run_id: str) -> bytes:
    """The CSV file that the run stored, empty if it failed before."""
    for artifact in await client.artifacts(run_id):
        if artifact.name == RESULT_NAME:
            return await client.artifact(artifact.id)
    return b""


def summarize(plan: Plan, ended: RunSnapshot[Any], board: Board, *, finished_here: int, elapsed_s: float) -> Summary:
    """The numbers of a demo that has ended. Raises `TaskFailed` when the list's own run failed."""
    report = ended.unwrap()
    found = [Enriched(**company.found) for company in board.companies.values() if company.state == "done"]
    listed = listed_tickers(read_table("sec_registrants.csv.gz"))
    return Summary(
        run_id=ended.id,
        outcome=ended.outcome or "completed",
        rows=board.total,
        ok=len(found),
        failed=tuple(FailedRow(**row) for row in report["failed"]),
        fill_rates=report["fill_rates"],
        accuracy=score(found, truth_of(plan.companies, ended), listed),
        finished_here=finished_here,
        elapsed_s=round(elapsed_s, 3),
        pace_s=ended.payload["pace_s"],
        result=str(plan.result.absolute()),
        database=str(plan.database.absolute()),
    )


def truth_of(companies: CompanyList, ended: RunSnapshot[Any]) -> dict[int, str]:
    """The held-back tickers of the rows that the run had: an unfinished run may be of another list."""
    enriched = {(company["row"], company["company"]) for company in ended.payload["companies"]}
    known = {company.row for company in companies.companies if (company.row, company.company) in enriched}
    return {row: ticker for row, ticker in companies.tickers.items() if row in known}
