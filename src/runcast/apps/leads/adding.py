"""Leads with their runs: stored together, or not at all."""

from __future__ import annotations

import msgspec

from runcast import Transaction, Tx, batch_trigger_in
from runcast.apps.leads.clients import get_client
from runcast.apps.leads.contract import Options
from runcast.apps.leads.extension import leads
from runcast.apps.leads.jobs import Known, LeadJob
from runcast.apps.leads.orchestrate import orchestrate
from runcast.apps.leads.urls import Person


class NewLead(msgspec.Struct, frozen=True, kw_only=True):
    """A person, and what is known of them."""

    person: Person
    known: Known = Known()


class AddedLead(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A lead that was stored, and the run that works on it."""

    id: str
    linkedin_url: str
    slug: str
    trigger_run_id: str


class Added(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Leads that were stored together."""

    batch_id: str
    """Empty for a single one."""
    leads: list[AddedLead]


@leads.transaction
def add_leads(tx: Tx, environment: str, client_id: str, people: list[NewLead], options: Options) -> Transaction[Added]:
    """One transaction: there is no lead without its run, and no run without its lead."""
    client = yield from get_client(tx, environment, client_id)
    batch_id = tx.new_id("leads") if len(people) > 1 else ""
    rows, items = [], []
    for position, new in enumerate(people, 1):
        lead_id = tx.new_id("lead")
        job = LeadJob(
            lead_id=lead_id,
            linkedin_url=new.person.url,
            slug=new.person.slug,
            client=client.brief,
            options=options,
            known=new.known,
        )
        tags = [f"lead:{lead_id}", f"client:{client_id}", *([f"leads:{batch_id}"] if batch_id else [])]
        items.append(orchestrate.options(tags=tags).item(job))
        fields = [
            lead_id,
            environment,
            client_id,
            client.brief.name,
            batch_id,
            position,
            new.person.url,
            new.person.slug,
        ]
        rows.append([*fields, "", "", "", _json(options), _json(new.known), tx.now_ms])
    run_ids = yield from batch_trigger_in(tx.within(environment), items)
    yield from tx.query("add_leads", rows=[[*row, run_id] for row, run_id in zip(rows, run_ids, strict=True)])
    added = [
        AddedLead(id=str(row[0]), linkedin_url=new.person.url, slug=new.person.slug, trigger_run_id=run_id)
        for row, new, run_id in zip(rows, people, run_ids, strict=True)
    ]
    yield from tx.query("add_runs", rows=[[one.id, one.trigger_run_id, tx.now_ms] for one in added])
    if batch_id:
        name = f"{len(people)} leads of {client.brief.name}"
        yield from tx.query("add_batches", rows=[[batch_id, environment, client_id, name, len(people), tx.now_ms]])
    yield from tx.publish("leads", batch_id or added[0].id)
    return Added(batch_id=batch_id, leads=added)


@leads.transaction
def go_on(tx: Tx, environment: str, lead_id: str, run_id: str) -> Transaction[None]:
    """Another run works on the lead from now on."""
    yield from tx.query("set_run", id=lead_id, environment=environment, run_id=run_id)
    yield from tx.query("add_runs", rows=[[lead_id, run_id, tx.now_ms]])
    yield from tx.publish("leads", lead_id)


def _json(value: msgspec.Struct) -> str:
    return msgspec.json.encode(value).decode()
