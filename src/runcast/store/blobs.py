"""Large values live beside their row: a column then holds `blob:<digest>`, which is never valid JSON."""

from __future__ import annotations

from hashlib import blake2b

from runcast.domain.errors import ValueTooLarge
from runcast.domain.limits import INLINE_BYTES_MAX, PAYLOAD_BYTES_MAX
from runcast.store.script import Script, call

_PREFIX = "blob:"


def fits(value: str) -> bool:
    """True for a value that surely stays in its row: the usual case, told without a generator."""
    return len(value) * 4 <= INLINE_BYTES_MAX


def stow(run_id: str, value: str, what: str) -> Script[str]:
    """What the column gets: the value itself, or the reference of the blob that now holds it.

    Raises `ValueTooLarge` over `PAYLOAD_BYTES_MAX`.
    """
    if fits(value):
        return value
    data = value.encode()
    if len(data) <= INLINE_BYTES_MAX:
        return value
    if len(data) > PAYLOAD_BYTES_MAX:
        raise ValueTooLarge(
            f"{what} of run {run_id} has {len(data):,} bytes, the limit is {PAYLOAD_BYTES_MAX:,}. "
            "Store it elsewhere and pass its address, or use an artifact."
        )
    digest = blake2b(data, digest_size=16).hexdigest()
    yield call("add_blobs", rows=[(run_id, digest, value)])
    return _PREFIX + digest


def is_blob(value: str | None) -> bool:
    return value is not None and value.startswith(_PREFIX)


def fetch(run_id: str, value: str) -> Script[str]:
    """The value that `stow` put away."""
    if not is_blob(value):
        return value
    data: str = yield call("blob", run_id=run_id, digest=value.removeprefix(_PREFIX))
    return data
