"""The demo's tasks: a run for the list, a run for each company, and a recorded step for each look-up."""

from __future__ import annotations

import asyncio
import zlib
from dataclasses import dataclass

from runcast import AbortRun, Failed, Ok, Queue, artifacts, current_run, metadata, progress, resource, step, task
from runcast.demo.companies import Company, read_table
from runcast.demo.enrich import PersonName, clean_name, registered_domain, split_name
from runcast.demo.registrants import Match, Registrant, Registrants
from runcast.demo.result import Enriched, fill_rates, to_csv
from runcast.demo.time_zones import TimeZones

CONCURRENCY = 10
RESULT_NAME = "companies.csv"

look_ups = Queue("company-look-ups", concurrency=CONCURRENCY)


class BrokenRow(AbortRun):
    """A row that no attempt can enrich: the run fails at once, with a reason for people."""

    code = "broken_row"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.user_message = reason


@dataclass(frozen=True, slots=True)
class CompanyJob:
    """The payload of one company's run."""

    company: Company
    pace_s: float
    """How long a look-up takes on average, to stand for a network."""
    share: float
    """What this company adds to the list's progress, in percent."""


@dataclass(frozen=True, slots=True)
class ListJob:
    """The payload of the list's run."""

    companies: list[Company]
    pace_s: float


@dataclass(frozen=True, slots=True)
class FailedCompany:
    """A row that failed, and why."""

    row: int
    company: str
    reason: str


@dataclass(frozen=True, slots=True)
class ListReport:
    """What the list's run returns; all values are in its artifact `companies.csv`."""

    rows: int
    fill_rates: dict[str, float]
    """By column, 0 to 1, of all rows."""
    failed: list[FailedCompany]


@resource
def registrants() -> Registrants:
    """The registrants of the SEC, read once per process."""
    rows = read_table("sec_registrants.csv.gz")
    return Registrants(Registrant(int(row["cik"]), row["ticker"], row["exchange"], row["name"]) for row in rows)


@resource
def time_zones() -> TimeZones:
    """The cities of the United States, read once per process."""
    return TimeZones(read_table("cities.csv.gz"))


@task(queue=look_ups)
async def enrich_company(job: CompanyJob) -> Enriched:
    """Find out what a row of the list allows to find out; a broken row fails, and says why."""
    try:
        enriched = await enrich(job.company, job.pace_s)
    except BrokenRow:
        report("failed", job.share)
        raise
    report("done", job.share)
    return enriched


@task
async def enrich_list(job: ListJob) -> ListReport:
    """Enrich every company of a list, each in a run of its own, and keep the result as a CSV file."""
    share = 100 / len(job.companies)
    metadata.set("total", len(job.companies))
    jobs = [CompanyJob(company, job.pace_s, share) for company in job.companies]
    results = await enrich_company.batch_trigger_and_wait(jobs)
    found = [result.output for result in results if isinstance(result, Ok)]
    failed = [
        FailedCompany(company.row, company.company, reason_of(result))
        for company, result in zip(job.companies, results, strict=True)
        if isinstance(result, Failed)
    ]
    table = to_csv(found, [(one.row, one.company, one.reason) for one in failed])
    artifacts.add(RESULT_NAME, table, content_type="text/csv")
    current_run().count(ok=len(found), failed=len(failed))
    progress(100, "done")
    return ListReport(len(jobs), fill_rates(found, rows=len(jobs)), failed)


async def enrich(company: Company, pace_s: float) -> Enriched:
    """The look-ups of one company, each recorded once. Raises `BrokenRow`."""
    progress(0, "resolving the domain")
    domain = await resolve_domain(company.website, pace_s)
    name = clean_name(company.company)
    if name is None:
        raise BrokenRow(f"The row names no company: {company.company!r}")
    if domain is None:
        raise BrokenRow(f"The row has no usable website: {company.website!r}")
    progress(25, "finding the registrant")
    match = await find_registrant(name, domain, pace_s)
    progress(50, "splitting the name")
    person = await split_person(company.chief_executive, pace_s)
    progress(75, "finding the time zone")
    zone = await find_time_zone(company.city, company.state, pace_s)
    progress(100, "done")
    return Enriched(
        row=company.row,
        company=company.company,
        domain=domain,
        name=name,
        ticker=match.registrant.ticker if match else None,
        cik=match.registrant.cik if match else None,
        exchange=match.registrant.exchange if match else None,
        evidence=match.evidence if match else None,
        first_name=person.first if person else None,
        last_name=person.last if person else None,
        time_zone=zone,
    )


@step
async def resolve_domain(website: str, pace_s: float) -> str | None:
    """The registered domain of a website."""
    await network(pace_s, website)
    return registered_domain(website)


@step
async def find_registrant(name: str, domain: str, pace_s: float) -> Match | None:
    """The company among the registrants of the SEC."""
    await network(pace_s, name)
    # The first call reads ten thousand rows; other runs go on meanwhile.
    known = await asyncio.to_thread(registrants)
    return known.find(name, domain)


@step
async def split_person(person: str, pace_s: float) -> PersonName | None:
    """A chief executive's first and last name."""
    await network(pace_s, person)
    return split_name(person)


@step
async def find_time_zone(city: str, state: str, pace_s: float) -> str | None:
    """The time zone of the company's seat."""
    await network(pace_s, city)
    known = await asyncio.to_thread(time_zones)
    return known.find(city, state)


async def network(pace_s: float, asked: str) -> None:
    """Take the time that a look-up over a network would take: half to one and a half of the pace."""
    if pace_s:
        # From what is asked, not by chance: the same list takes the same time.
        await asyncio.sleep(pace_s * (0.5 + zlib.crc32(asked.encode()) % 1000 / 1000))


def report(counter: str, share: float) -> None:
    """Tell whoever watches the list that one more company is finished."""
    metadata.parent.increment(counter)
    metadata.parent.increment("progress", share)


def reason_of(failed: Failed) -> str:
    """Why a company's run failed, in the words for people if there are any."""
    return failed.error.user_message or failed.error.message
