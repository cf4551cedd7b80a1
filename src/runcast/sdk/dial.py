"""Opens a connection to an engine: at a socket's file, or over the network with a key."""

from __future__ import annotations

import asyncio
import ssl
from functools import lru_cache
from pathlib import Path
from random import SystemRandom

import msgspec

from runcast.domain.address import Address
from runcast.domain.errors import AccessDenied, InvalidInput, Unavailable
from runcast.wire import READ_AHEAD_BYTES, FrameKind, Sink, Source, encode_key, keep_alive, read_error, read_frame

DIAL_S = 5.0
"""For one address: connecting, the TLS handshake and the key."""
Stream = tuple[Source, Sink]


class Endpoint(msgspec.Struct, frozen=True):
    """Engines on the network that are as good as each other: servers of one database, or what distributes to them.

    >>> Endpoint((Address("tcp", "10.0.0.1", 8420),), key="not shown")
    Endpoint('tcp://10.0.0.1:8420')
    """

    addresses: tuple[Address, ...]
    key: str = ""
    tls_ca: str = ""
    """A PEM file of the authorities to trust; empty: those of this machine."""

    def __str__(self) -> str:
        return ",".join(map(str, self.addresses))

    def __repr__(self) -> str:
        """Without the key."""
        return f"Endpoint({str(self)!r})"


Where = Path | Endpoint
"""Of an engine: its socket's file, or its address on the network."""


async def dial(where: Where) -> Stream:
    """A connection on which the wire may begin. Raises `Unavailable` when nobody answers, `AccessDenied`.

    Of several addresses any is taken, so that a hundred workers do not all go to the first.
    """
    if isinstance(where, Path):
        return await _dial_file(where)
    failures: list[str] = []
    for address in SystemRandom().sample(where.addresses, len(where.addresses)):
        try:
            async with asyncio.timeout(DIAL_S):
                return await _dial(address, where)
        except TimeoutError:
            failures.append(f"{address}: no answer within {DIAL_S:g} s")
        except ssl.SSLCertVerificationError as error:
            raise AccessDenied(
                f"{address}: the certificate is not trusted: {error.verify_message}. For an authority of your own give "
                "tls_ca (--tls-ca, RUNCAST_TLS_CA)"
            ) from error
        except (OSError, Unavailable) as error:
            failures.append(f"{address}: {error}")
    raise Unavailable(f"no engine answers at {'; '.join(failures)}")


async def _dial_file(path: Path) -> Stream:
    try:
        return await asyncio.open_unix_connection(path, limit=READ_AHEAD_BYTES)
    except OSError as error:
        raise Unavailable(f"no engine answers at {path}: start one with `runcast dev`") from error


async def _dial(address: Address, endpoint: Endpoint) -> Stream:
    if address.is_web:
        # Here, because it takes a tenth of a second and few go this way.
        from runcast.sdk.web_dial import dial_web

        tls = trusted(endpoint.tls_ca) if address.scheme == "https" else None
        return await dial_web(address, endpoint.key, tls)
    return await _dial_network(address, endpoint)


async def _dial_network(address: Address, endpoint: Endpoint) -> Stream:
    tls = trusted(endpoint.tls_ca) if address.scheme == "tls" else None
    reader, writer = await asyncio.open_connection(address.host, address.port, limit=READ_AHEAD_BYTES, ssl=tls)
    try:
        keep_alive(writer.get_extra_info("socket"))
        writer.write(encode_key(endpoint.key))
        await _admitted(reader)
    except BaseException:
        writer.close()
        raise
    return reader, writer


async def _admitted(reader: Source) -> None:
    """Wait for the answer to the key. Raises what the engine says."""
    try:
        answer = await read_frame(reader)
    except InvalidInput as error:
        raise Unavailable(f"what answers there is no Runcast engine: {error}") from error
    if answer is None:
        raise Unavailable("the connection was closed before an answer: does it speak TLS (tls://), or is it no engine?")
    if answer.kind is FrameKind.ERROR:
        refusal = read_error(answer.body)
        raise refusal if isinstance(refusal, AccessDenied) else Unavailable(str(refusal))


@lru_cache(maxsize=4)
def trusted(tls_ca: str) -> ssl.SSLContext:
    """Whom a client trusts. Raises `InvalidInput` for a file that holds no certificates."""
    try:
        return ssl.create_default_context(cafile=tls_ca or None)
    except OSError as error:
        raise InvalidInput(f"tls_ca {tls_ca}: no certificates can be read: {error}") from error
