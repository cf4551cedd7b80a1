"""The settings of an environment: which providers are asked, and in which order."""

from __future__ import annotations

import msgspec

from runcast import Transaction, Tx
from runcast.apps.leads.contract import Choices
from runcast.apps.leads.extension import leads


@leads.reading
def choices_of(tx: Tx, environment: str) -> Transaction[Choices]:
    text: str | None = yield from tx.query("settings", environment=environment)
    return msgspec.json.decode(text, type=Choices) if text else Choices()


@leads.transaction
def put_choices(tx: Tx, environment: str, choices: Choices) -> Transaction[Choices]:
    row = [environment, msgspec.json.encode(choices).decode(), tx.now_ms]
    yield from tx.query("put_settings", rows=[row])
    return choices
