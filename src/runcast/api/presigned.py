"""Addresses that let whoever has them do one thing for some minutes, without a key: signed, never stored, opaque."""

from __future__ import annotations

import base64
import binascii
from enum import StrEnum

import msgspec

from runcast.api.context import Api
from runcast.api.errors import Refused

LIFETIME_S = 600
TOKEN_CHARS_MAX = 4_096
_PURPOSE = "presigned"


class Deed(StrEnum):
    """What one may do."""

    PUT_PACKET = "put packet"
    GET_PACKET = "get packet"
    GET_VALUE = "get value"
    """Of a run: its payload or its output."""
    GET_FILE = "get file"


class Permit(msgspec.Struct, frozen=True, array_like=True):
    """What an address says."""

    deed: Deed
    environment: str
    name: str
    """A path, or `run/part`."""
    expires_s: int


_DECODER = msgspec.msgpack.Decoder(Permit)


def presign(api: Api, deed: Deed, environment: str, name: str) -> str:
    """The address, below the public one. It is good for ten minutes."""
    permit = Permit(deed, environment, name, api.now_s() + LIFETIME_S)
    text = base64.urlsafe_b64encode(msgspec.msgpack.encode(permit)).decode().rstrip("=")
    return f"{api.base_url}/api/v1/presigned/{text}.{api.secret.sign(_PURPOSE, text)}"


def read_permit(api: Api, token: str, *deeds: Deed) -> Permit:
    """What the address of a request permits. Raises a 403 for one that is altered, expired, or for another deed."""
    text, _, signature = token[:TOKEN_CHARS_MAX].partition(".")
    if not api.secret.is_signed(_PURPOSE, text, signature):
        raise Refused(403, "this address is not one that was signed here")
    try:
        permit = _DECODER.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (msgspec.DecodeError, binascii.Error) as error:
        raise Refused(403, "this address was signed by another release: ask for a new one") from error
    if permit.expires_s <= api.now_s():
        raise Refused(403, "this address has expired: ask for a new one", code="expired")
    if permit.deed not in deeds:
        raise Refused(403, f"this address is for {permit.deed}, and nothing else")
    return permit
