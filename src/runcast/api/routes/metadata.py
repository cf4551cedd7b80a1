"""The metadata of runs: read, and changed from outside."""

from __future__ import annotations

from functools import partial
from typing import Any

import msgspec
from litestar import get, put
from litestar.params import FromPath

from runcast.api.caller import Caller
from runcast.api.context import Api
from runcast.api.routes.runs import find_run
from runcast.domain.errors import InvalidInput
from runcast.domain.limits import METADATA_OPERATIONS_MAX
from runcast.domain.metadata import Operation
from runcast.store import metadata
from runcast.store.metadata import MetadataChange


class MetadataBody(msgspec.Struct, frozen=True, rename="camel"):
    """A change of metadata: first another object, then operations."""

    metadata: dict[str, Any] | None = None
    """The whole object becomes this."""
    operations: tuple[Operation, ...] = ()
    parent_operations: tuple[Operation, ...] = ()
    """On the parent, or on the run itself if it has none."""
    root_operations: tuple[Operation, ...] = ()


class MetadataView(msgspec.Struct, frozen=True):
    """The metadata of a run."""

    metadata: dict[str, Any]


@get("/api/v1/runs/{run_id:str}/metadata", tags=["Runs"], summary="Read the metadata of a run")
async def read(run_id: FromPath[str], api: Api, caller: Caller) -> MetadataView:
    """The object, as it is now."""
    run = await find_run(api, caller, run_id)
    return MetadataView(msgspec.json.decode(run.metadata))


@put("/api/v1/runs/{run_id:str}/metadata", tags=["Runs"], summary="Change the metadata of a run")
async def change(run_id: FromPath[str], data: MetadataBody, api: Api, caller: Caller) -> MetadataView:
    """All of it is applied at once, or nothing: whoever else writes comes before or after. At most 256 KB."""
    caller.require("write")
    run = await find_run(api, caller, run_id, action="write")
    wanted = MetadataChange(data.metadata, data.operations, data.parent_operations, data.root_operations)
    if len(wanted.operations) > METADATA_OPERATIONS_MAX:
        raise InvalidInput(f"at most {METADATA_OPERATIONS_MAX:,} operations at once, got {len(wanted.operations):,}")
    wanted.check()
    return MetadataView(await api.engine.store.write(partial(metadata.change, run.id, wanted, api.now_ms())))


ROUTES = [read, change]
