"""Takes the items of a batch as they arrive, and stores them in pieces: each in one transaction, before the next is read."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from runcast.api.caller import Caller
from runcast.api.context import Api
from runcast.api.errors import Refused
from runcast.api.ndjson import Line, read_lines
from runcast.api.stored import fetch_payload
from runcast.api.trigger import TriggerOptions, new_run
from runcast.domain.errors import InvalidInput, ValueTooLarge
from runcast.domain.limits import HTTP_ITEM_BYTES_MAX
from runcast.domain.run import NewRun
from runcast.engine.enqueue import check
from runcast.store import batches
from runcast.store.batch_rows import BatchError, BatchRow

PIECE_ITEMS = 250
PIECE_BYTES = 4 * 1024 * 1024
TOO_LARGE = "PAYLOAD_TOO_LARGE"
_HEAD = re.compile(rb'\s*\{\s*"index"\s*:\s*(\d{1,9})\s*,\s*"task"\s*:\s*("(?:[^"\\]|\\.)*")')


class BatchItem(msgspec.Struct, frozen=True):
    """One line: a trigger with its place in the batch."""

    index: int
    task: str
    payload: Any | UnsetType = UNSET
    options: TriggerOptions | None = None


_ITEM = msgspec.json.Decoder(BatchItem)


class Filled(msgspec.Struct, frozen=True):
    """What an upload of items came to."""

    accepted: int = 0
    repeated: int = 0
    """Those that had come before."""
    sealed: bool = False


async def fill(api: Api, caller: Caller, batch: BatchRow, body: AsyncIterator[bytes]) -> Filled:
    """Store the items of an NDJSON body. What was stored before an error stays: the client sends all again.

    Raises `InvalidInput` for a line that is no item, a 403 for an item of a task that the caller may not trigger.
    """
    filling = _Filling(api, caller, batch)
    may_all = caller.may("write", [f"batch:{batch.id}"])
    async for line in read_lines(body, bytes_max=HTTP_ITEM_BYTES_MAX):
        item = _read(line, batch.size)
        if not may_all:
            caller.require("batchTrigger", f"tasks:{item.task}")
        if batch.tasks is not None and item.task not in batch.tasks:
            raise Refused(403, f"batch {batch.id} was opened for other tasks than {item.task[:100]!r}")
        await filling.add(item, line)
    if not (may_all or filling.has_begun):
        caller.require("write", f"batch:{batch.id}")
    return await filling.finish()


async def read_item(api: Api, caller: Caller, item: BatchItem) -> NewRun | BatchError:
    """The run that an item asks for, of no batch yet, or why there can be none."""
    try:
        payload, options = await fetch_payload(api, caller, item.payload, item.options)
        run = new_run(item.task, payload, options, environment=caller.environment)
        run = replace(run, batch_position=item.index)
        check(run)
    except ValueTooLarge as error:
        return BatchError(item.index, item.task[:200], str(error), TOO_LARGE)
    except InvalidInput as error:
        return BatchError(item.index, item.task[:200], str(error), error.code)
    return run


class _Filling:
    """Items on their way into the database."""

    def __init__(self, api: Api, caller: Caller, batch: BatchRow) -> None:
        self._api = api
        self._caller = caller
        self._batch = batch
        self._filled = Filled()
        self._runs: list[NewRun] = []
        self._errors: list[BatchError] = []
        self._bytes = 0
        self.has_begun = False

    async def add(self, item: BatchItem, line: Line) -> None:
        self.has_begun = True
        if line.cut:
            reason = f"the item has more than {HTTP_ITEM_BYTES_MAX:,} bytes: upload its payload, and pass the path"
            self._errors.append(BatchError(item.index, item.task[:200], reason, TOO_LARGE))
        else:
            read = await read_item(self._api, self._caller, item)
            if isinstance(read, NewRun):
                self._runs.append(replace(read, batch_id=self._batch.id))
                self._bytes += len(read.payload)
            else:
                self._errors.append(read)
        self._bytes += len(line.data)
        if len(self._runs) + len(self._errors) >= PIECE_ITEMS or self._bytes >= PIECE_BYTES:
            await self._store()

    async def _store(self) -> None:
        script = partial(batches.take_items, self._batch.id, self._runs, self._errors, self._api.now_ms())
        taken = await self._api.engine.store.write(script)
        filled = self._filled
        self._filled = Filled(filled.accepted + taken.accepted, filled.repeated + taken.repeated, taken.sealed)
        self._runs, self._errors, self._bytes = [], [], 0

    async def finish(self) -> Filled:
        await self._store()
        return self._filled


def _read(line: Line, size: int) -> BatchItem:
    item = _read_head(line) if line.cut else _read_whole(line)
    if not 0 <= item.index < size:
        raise InvalidInput(f"line {line.number}: the batch has no item {item.index}, they go from 0 to {size - 1}")
    return item


def _read_whole(line: Line) -> BatchItem:
    try:
        return _ITEM.decode(line.data)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise InvalidInput(f"line {line.number} is no item: {error}") from error


def _read_head(line: Line) -> BatchItem:
    head = _HEAD.match(line.data)
    if head is None:
        raise ValueTooLarge(f"line {line.number} has more than {HTTP_ITEM_BYTES_MAX:,} bytes")
    try:
        return BatchItem(int(head[1]), msgspec.json.decode(head[2], type=str))
    except (msgspec.DecodeError, UnicodeError) as error:
        raise InvalidInput(f"line {line.number} is no item: {error}") from error
