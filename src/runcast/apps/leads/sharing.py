"""Links to a lead for people without an account: read-only, until they expire or are revoked."""

from __future__ import annotations

from runcast import Conflict, Transaction, Tx
from runcast.apps.leads.extension import leads
from runcast.apps.leads.reading import get_lead
from runcast.apps.leads.rows import ShareRow

SHARES_MAX = 100
"""Links of one lead that lead there at the same time."""


@leads.transaction
def add_share(
    tx: Tx, environment: str, lead_id: str, digest: str, created_by: str, lifetime_ms: int
) -> Transaction[ShareRow]:
    yield from get_lead(tx, environment, lead_id)
    count: int = yield from tx.query("count_shares", lead_id=lead_id, now=tx.now_ms)
    if count >= SHARES_MAX:
        raise Conflict(f"this lead has {SHARES_MAX} links already: revoke one that is not needed")
    row = ShareRow(
        id=tx.new_id("share"),
        lead_id=lead_id,
        created_by=created_by,
        created_at=tx.now_ms,
        expires_at=tx.now_ms + lifetime_ms,
        revoked_at=None,
    )
    values = [row.id, lead_id, digest, created_by, row.created_at, row.expires_at]
    yield from tx.query("add_shares", rows=[values])
    return row


@leads.transaction
def revoke_share(tx: Tx, environment: str, lead_id: str, share_id: str) -> Transaction[None]:
    """From now on the link leads nowhere."""
    yield from get_lead(tx, environment, lead_id)
    yield from tx.query("revoke_share", id=share_id, lead_id=lead_id, now=tx.now_ms)
