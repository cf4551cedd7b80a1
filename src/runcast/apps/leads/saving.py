"""What a lead's run keeps in the tables as it goes: the person's name, and what was made."""

from __future__ import annotations

import msgspec

from runcast import Transaction, Tx
from runcast.apps.leads.extension import leads


class NewAsset(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was made for a lead; another one of the same name takes its place."""

    kind: str
    """`profile`, `research`, `email` or `page`."""
    name: str
    title: str
    content_type: str
    content: str


@leads.transaction
def save_person(
    tx: Tx, lead_id: str, name: str, title: str, company: str, asset: NewAsset, run_id: str
) -> Transaction[None]:
    yield from tx.query("name_lead", id=lead_id, name=name, title=title, company=company)
    yield from save_assets(tx, lead_id, [asset], run_id)


@leads.transaction
def save_assets(tx: Tx, lead_id: str, assets: list[NewAsset], run_id: str) -> Transaction[None]:
    """All of one kind: what there was of it before and has no successor is gone."""
    rows = [
        [
            tx.new_id("asset"),
            lead_id,
            asset.kind,
            asset.name,
            asset.title,
            asset.content_type,
            asset.content,
            len(asset.content.encode()),
            run_id,
            tx.now_ms,
        ]
        for asset in assets
    ]
    if rows:
        names = [[asset.name] for asset in assets]
        yield from tx.query("drop_assets", lead_id=lead_id, kind=assets[0].kind, names=names)
        yield from tx.query("put_assets", rows=rows)
    yield from tx.publish("leads", lead_id)
