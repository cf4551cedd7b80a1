"""`/api/leads/check`, `/csv`, `/estimate` and `/bulk`: from addresses to leads with runs."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from litestar import post
from msgspec.structs import replace

from runcast import Caller, InvalidInput, transact
from runcast.apps.leads.adding import AddedLead, NewLead, add_leads
from runcast.apps.leads.choices import choices_of
from runcast.apps.leads.contract import Options
from runcast.apps.leads.estimates import Cost, estimate
from runcast.apps.leads.jobs import Known
from runcast.apps.leads.people import (
    LEADS_MAX,
    Line,
    NewPerson,
    Table,
    known_of,
    people_of,
    read_csv,
    read_lines,
)
from runcast.apps.leads.reading import known_people, past_runs
from runcast.apps.leads.routes.environment import worker_env
from runcast.apps.leads.urls import split_lines

CSV_CHARS_MAX = 4_000_000
EMAILS_MAX = 5


class CheckBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Addresses as they stand in the form: a text, or lines."""

    text: str = ""
    linkedin_urls: list[str] = []
    client_id: str = ""
    """Who of them is a lead of this client already is said."""


class Checked(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What is to be said of each line."""

    lines: list[Line]
    leads: int
    """How many leads would be made."""
    duplicates: int
    refused: int


class CsvBody(msgspec.Struct, frozen=True):
    """A table."""

    csv: str


class BulkBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Leads to be made."""

    client_id: str
    linkedin_urls: list[str]
    generate_emails: bool = True
    generate_one_pager: bool = True
    approval: bool = False
    """Ask a person before a lead counts as done."""
    emails: int = 2
    """How many e-mails, as a sequence."""
    people: list[NewPerson] = []
    """What is known of some of them: pasted, or from a table."""

    def options(self) -> Options:
        """Raises `InvalidInput`."""
        if not 1 <= self.emails <= EMAILS_MAX:
            raise InvalidInput(f"1 to {EMAILS_MAX} e-mails are written for a lead, got {self.emails}")
        return Options(
            generate_emails=self.generate_emails,
            generate_one_pager=self.generate_one_pager,
            approval=self.approval,
            emails=self.emails,
        )


class BulkAnswer(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What was made of the lines."""

    leads: list[AddedLead]
    batch_id: str
    """Empty for a single lead."""
    duplicates: int
    refused: list[Line]
    """Lines that no lead was made of, and why."""


class EstimateBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What would be made."""

    count: int = 1
    generate_emails: bool = True
    generate_one_pager: bool = True
    emails: int = 2


@post("/check", status_code=200, summary="Check addresses")
async def check(data: CheckBody, caller: Caller) -> Checked:
    """Line by line, and nothing is made: for a form, while it is filled in."""
    lines = read_lines(_bounded([*split_lines(data.text), *data.linkedin_urls]))
    if data.client_id:
        slugs = [line.slug for line in lines if line.ok]
        known = await transact(known_people, caller.environment, data.client_id, slugs)
        lines = [replace(line, lead_id=known.get(line.slug, "")) if line.ok else line for line in lines]
    return Checked(
        lines=lines, leads=len(people_of(lines)), duplicates=_duplicates(lines), refused=len(_refused(lines))
    )


@post("/csv", status_code=200, summary="Read a table of people")
async def table(data: CsvBody, caller: Caller) -> Table:
    """What a CSV says of people, for `people` and `linkedinUrls` of a bulk request. Nothing is made."""
    caller.require("write")
    if len(data.csv) > CSV_CHARS_MAX:
        raise InvalidInput(f"a table has up to {CSV_CHARS_MAX:,} characters, got {len(data.csv):,}")
    return read_csv(data.csv)


@post("/estimate", status_code=200, summary="Estimate cost and time")
async def estimated(data: EstimateBody, caller: Caller) -> Cost:
    """By list prices, and by how long earlier leads took."""
    if not 1 <= data.count <= LEADS_MAX:
        raise InvalidInput(f"1 to {LEADS_MAX:,} leads at once, got {data.count}")
    options = Options(
        generate_emails=data.generate_emails,
        generate_one_pager=data.generate_one_pager,
        emails=min(max(data.emails, 1), EMAILS_MAX),
    )
    choices = await transact(choices_of, caller.environment)
    past = await transact(past_runs, caller.environment)
    return estimate(choices, options, data.count, past, env=await worker_env())


@post("/bulk", status_code=201, summary="Create leads")
async def create(data: BulkBody, caller: Caller) -> BulkAnswer:
    """A lead for each person, each with its run, in one transaction. Equal persons are one lead; lines that name nobody
    are refused, and do not hinder the others. When no line is left, it is a 400."""
    lines = read_lines(_bounded(data.linkedin_urls))
    people = people_of(lines)
    if not people:
        reasons = "; ".join(f"line {line.line}: {line.reason}" for line in _refused(lines)[:10])
        raise InvalidInput(f"no line names a person: {reasons}" if reasons else "give at least one address")
    known = known_of(data.people)
    new = [NewLead(person=person, known=known.get(person.slug, Known())) for person in people]
    added = await transact(add_leads, caller.environment, data.client_id, new, data.options())
    return BulkAnswer(
        leads=added.leads, batch_id=added.batch_id, duplicates=_duplicates(lines), refused=_refused(lines)
    )


def _bounded(lines: Sequence[str]) -> Sequence[str]:
    if len(lines) > LEADS_MAX:
        raise InvalidInput(f"up to {LEADS_MAX:,} addresses at once, got {len(lines):,}")
    return lines


def _duplicates(lines: Sequence[Line]) -> int:
    return sum(line.duplicate_of is not None for line in lines)


def _refused(lines: Sequence[Line]) -> list[Line]:
    return [line for line in lines if not line.ok]


ROUTES = [check, table, estimated, create]
