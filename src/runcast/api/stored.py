"""Values that are too large for a request: clients upload them before a trigger, and download them by an address of their own."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET
from msgspec.structs import replace

from runcast.api.caller import Caller
from runcast.api.context import Api
from runcast.api.errors import Refused
from runcast.api.packets import PacketType, write_packet
from runcast.api.presigned import Deed, presign
from runcast.api.shapes import stored_path
from runcast.api.trigger import TriggerOptions
from runcast.api.views.run import WholeRunView
from runcast.domain.errors import InvalidInput, NotFound
from runcast.domain.file import FileKind, check_path
from runcast.domain.limits import INLINE_BYTES_MAX
from runcast.domain.origin import read_origin
from runcast.domain.run import Run

PARTS = ("payload", "output")


async def fetch_payload(
    api: Api, caller: Caller, payload: Any, options: TriggerOptions | None
) -> tuple[Any, TriggerOptions | None]:
    """Payload and options of a trigger, with the bytes of an upload in place of its path. Raises `InvalidInput`."""
    if options is None or options.payload_type != PacketType.STORE:
        return payload, options
    if caller.role is None:
        raise Refused(403, "uploads are for secret keys: send the payload itself", code="unauthorized")
    if not isinstance(payload, str) or not payload:
        raise InvalidInput("with payloadType application/store the payload is the path of an upload")
    kind, data = await read_upload(api, caller.environment, check_path(payload))
    try:
        return data.decode(), replace(options, payload_type=kind)
    except UnicodeDecodeError as error:
        raise InvalidInput(f"the upload {payload!r} is not UTF-8: {error}") from error


async def read_upload(api: Api, environment: str, path: str) -> tuple[str, bytes]:
    """Type and bytes of an upload. Raises `InvalidInput` when there is none."""
    files = api.engine.files
    found = await files.find(path, environment=environment, kind=FileKind.PACKET)
    if found is None:
        raise InvalidInput(f"there is no upload {path[:200]!r}, or no longer: upload the payload again")
    return found.content_type, b"".join([piece async for piece in files.read(found)])


def is_large(value: str | None) -> bool:
    """Whether a value is shown as an address. Those of ASCII are measured without a copy."""
    if value is None or len(value) * 4 < INLINE_BYTES_MAX:
        return False
    return (len(value) if value.isascii() else len(value.encode())) >= INLINE_BYTES_MAX


def value_url(api: Api, run: Run, part: str) -> str:
    """Where a value of a run is downloaded. Whoever hands it out looks first whether the caller may read the run."""
    return presign(api, Deed.GET_VALUE, run.environment, f"{run.id}/{part}")


def with_addresses(api: Api, run: Run, view: WholeRunView) -> WholeRunView:
    """The view of a run, with addresses in place of values that are large."""
    if is_large(run.payload):
        view = replace(view, payload=UNSET, payload_presigned_url=value_url(api, run, "payload"))
    if is_large(run.output):
        view = replace(view, output=UNSET, output_presigned_url=value_url(api, run, "output"))
    return view


def split_stored_path(path: str) -> tuple[str, str] | None:
    """(run, part) of a path that stands for a value of a run; None for any other.

    >>> split_stored_path("runs/run_1/output"), split_stored_path("trigger/packet_1/payload.json")
    (('run_1', 'output'), None)
    """
    head, _, rest = path.partition("/")
    run_id, _, part = rest.partition("/")
    return (run_id, part) if head == "runs" and part in PARTS and path == stored_path(run_id, part) else None


def value_packet(run: Run, part: str) -> tuple[str, PacketType]:
    """A value as clients decode it. Raises `NotFound` for an output that is not there."""
    if part == "payload":
        return write_packet(run.payload, read_origin(run.origin).payload_meta)
    if part != "output" or run.output is None:
        raise NotFound(f"run {run.id} has no {part[:20]}")
    return write_packet(run.output)
