"""Clients: for whom leads are worked on."""

from __future__ import annotations

import msgspec

from runcast import Conflict, NotFound, Transaction, Tx
from runcast.apps.leads.contract import ClientBrief
from runcast.apps.leads.extension import leads
from runcast.apps.leads.rows import ClientRow

CLIENTS_MAX = 1_000
"""Of one environment."""


@leads.transaction
def add_client(tx: Tx, environment: str, brief: ClientBrief) -> Transaction[ClientRow]:
    count: int = yield from tx.query("count_clients", environment=environment)
    if count >= CLIENTS_MAX:
        raise Conflict(f"there are {CLIENTS_MAX:,} clients already: delete one that is not needed")
    row = ClientRow(id=tx.new_id("client"), brief=brief, created_at=tx.now_ms, updated_at=tx.now_ms)
    yield from tx.query("add_clients", rows=[[row.id, environment, brief.name, _json(brief), tx.now_ms, tx.now_ms]])
    return row


@leads.transaction
def change_client(tx: Tx, environment: str, client_id: str, brief: ClientBrief) -> Transaction[ClientRow]:
    """Leads that were begun keep what they were begun with."""
    yield from get_client(tx, environment, client_id)
    changed = {"name": brief.name, "brief": _json(brief), "now": tx.now_ms}
    yield from tx.query("change_client", id=client_id, environment=environment, **changed)
    return (yield from get_client(tx, environment, client_id))


@leads.transaction
def drop_client(tx: Tx, environment: str, client_id: str) -> Transaction[None]:
    """Its leads stay."""
    yield from get_client(tx, environment, client_id)
    yield from tx.query("drop_client", id=client_id, environment=environment, now=tx.now_ms)


@leads.reading
def get_client(tx: Tx, environment: str, client_id: str) -> Transaction[ClientRow]:
    found: ClientRow | None = yield from tx.query("find_client", id=client_id, environment=environment)
    if found is None:
        raise NotFound(f"no client {client_id!r}")
    return found


@leads.reading
def list_clients(tx: Tx, environment: str) -> Transaction[list[ClientRow]]:
    found: list[ClientRow] = yield from tx.query("clients", environment=environment, limit=CLIENTS_MAX)
    return found


def _json(brief: ClientBrief) -> str:
    return msgspec.json.encode(brief).decode()
