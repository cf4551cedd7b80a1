"""What a client said of a run that the engine does not act on, but gives back."""

from __future__ import annotations

import msgspec

from runcast.domain.errors import InvalidInput


class Origin(msgspec.Struct, frozen=True, omit_defaults=True):
    """Kept as one JSON text with the run; most runs have none."""

    payload_meta: str | None = None
    """The superjson meta of the payload."""
    idempotency_key: str | None = None
    """As the user wrote it, before it was hashed."""
    is_test: bool = False
    region: str | None = None
    ttl: str | None = None
    """As the client wrote it."""
    function: str | None = None
    """`trigger`, `batchTrigger`, … when it is not seen from the run."""
    metadata: str | None = None
    """As the run began, JSON text: what a replay begins with."""
    schedule_id: str | None = None
    bulk_action: str | None = None
    replayed: str | None = None
    """The run that this one repeats."""


_DECODER = msgspec.json.Decoder(Origin)
NOTHING = Origin()


def read_origin(text: str | None) -> Origin:
    """Of the JSON text of a run; None: nothing was said."""
    return NOTHING if text is None else _DECODER.decode(text)


def check_origin(text: str) -> None:
    """Raises `InvalidInput` for what no list of runs could be made of."""
    try:
        _DECODER.decode(text)
    except msgspec.DecodeError as error:
        raise InvalidInput(f"the origin of a run is none: {error}") from error


def write_origin(origin: Origin) -> str | None:
    """The text, or None where nothing is said."""
    return None if origin == NOTHING else msgspec.json.encode(origin).decode()
