"""The blob store: a directory or an S3 bucket, through obstore. It keeps bytes under names that we make."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from runcast.domain.errors import InvalidInput, Unavailable

if TYPE_CHECKING:
    from obstore.store import LocalStore, S3Store

_KEY = re.compile(r"[0-9a-z]+(?:[/-][0-9a-z]+)*")
"""Nothing that a path could mean: a key stays below the prefix, whatever stands in the database."""
_CONNECT_S = 5
_RETRY_S = 20
_RETRIES_MAX = 3


class Bucket:
    """Objects below one prefix. Every method raises `Unavailable` when the store does not answer or refuses.

    >>> bucket = open_bucket("file:///tmp/blobs")  # doctest: +SKIP
    >>> await bucket.put("ab/ab12", b"bytes")  # doctest: +SKIP
    """

    def __init__(self, name: str, store: LocalStore | S3Store, folder: Path | None) -> None:
        self.name = name
        """As the setting says it."""
        self._store = store
        self._folder = folder

    async def put(self, key: str, data: bytes) -> None:
        """Keep bytes; they survive a crash when this returns. Again with the same key: the newest stay."""
        import obstore

        path = _checked(key)
        try:
            await obstore.put_async(self._store, path, data)
            if self._folder is not None:
                await asyncio.to_thread(_sync, self._folder, path)
        except Exception as error:
            raise self._refused("take", key, error) from error

    async def get(self, key: str, digest: str) -> bytes:
        """The bytes of a key. `Unavailable` too when they are gone, or are not those of the digest."""
        import obstore

        path = _checked(key)
        try:
            data = bytes(await (await obstore.get_async(self._store, path)).bytes_async())
        except FileNotFoundError as error:
            raise Unavailable(
                f"{key} is not in the blob store {self.name}. Was it removed there, or is `blobs` another place now?"
            ) from error
        except Exception as error:
            raise self._refused("give", key, error) from error
        if await asyncio.to_thread(digest_of, data) != digest:
            raise Unavailable(
                f"{key} in the blob store {self.name} holds other bytes than were put there: its SHA-256 is not {digest}. "
                "Restore it from a backup of the blob store."
            )
        return data

    async def delete(self, keys: Sequence[str]) -> None:
        """Remove objects; those that are not there are none too many."""
        import obstore

        paths = [_checked(key) for key in keys]
        try:
            try:
                await obstore.delete_async(self._store, paths)
            except FileNotFoundError:
                for path in paths:
                    await self._delete_if_there(path)
        except Exception as error:
            raise self._refused("remove", keys[0], error) from error

    async def _delete_if_there(self, path: str) -> None:
        import obstore

        try:
            await obstore.delete_async(self._store, path)
        except FileNotFoundError:
            return

    def _refused(self, verb: str, key: str, error: Exception) -> Unavailable:
        reason = str(error).partition("\n")[0] or type(error).__name__
        return Unavailable(f"the blob store {self.name} does not {verb} {key}: {reason}")


def open_bucket(address: str) -> Bucket | None:
    """The blob store of the setting `blobs`; None when it is empty. Nothing is asked of it yet.

    Raises `InvalidInput` for an address that is none, or without the extra `blobs`.
    """
    if not address:
        return None
    parts = urlsplit(address)
    # An escaped `..` would be one too.
    climbs = ".." in unquote(parts.path).split("/")
    is_folder = parts.scheme == "file" and parts.netloc in ("", "localhost") and parts.path not in ("", "/")
    is_s3 = parts.scheme == "s3" and parts.netloc != "" and "@" not in parts.netloc
    if climbs or parts.query or parts.fragment or not (is_folder or is_s3):
        raise InvalidInput(f"blobs is file:///path or s3://bucket/prefix, got {address!r}")
    try:
        return _open_folder(address, Path(unquote(parts.path))) if is_folder else _open_s3(address)
    except ImportError as error:
        raise InvalidInput("a blob store needs the extra: pip install 'runcast[blobs]'") from error


def digest_of(data: bytes) -> str:
    """SHA-256 in hexadecimal, as `sha256sum` prints it."""
    return sha256(data).hexdigest()


def _open_folder(address: str, folder: Path) -> Bucket:
    from obstore.store import LocalStore

    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return Bucket(address, LocalStore(folder), folder)
    except Exception as error:
        raise Unavailable(f"the directory of blobs, {folder}, cannot be used: {error}") from error


def _open_s3(address: str) -> Bucket:
    from obstore.store import S3Store

    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or ""
    try:
        store = S3Store.from_url(
            address,
            config={"endpoint": endpoint} if endpoint else {},
            # Who gives an address without TLS means it: a server on the same machine or network.
            client_options={
                "allow_http": endpoint.startswith("http://"),
                "connect_timeout": timedelta(seconds=_CONNECT_S),
            },
            retry_config={"max_retries": _RETRIES_MAX, "retry_timeout": timedelta(seconds=_RETRY_S)},
        )
    except Exception as error:
        raise InvalidInput(f"blobs = {address!r} cannot be used: {error}") from error
    return Bucket(address, store, None)


def _checked(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise Unavailable(f"{key!r} is no key of a blob store: the database holds what Runcast did not write")
    return key


def _sync(folder: Path, path: str) -> None:
    """Bring a file and the names that lead to it to the disk: a commit is about to rely on them."""
    place = folder / path
    while True:
        handle = os.open(place, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
        if place == folder:
            return
        place = place.parent
