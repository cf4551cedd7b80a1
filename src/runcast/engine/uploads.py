"""Brings the bytes of large artifacts to the blob store, before the commit that refers to them and outside of any."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from functools import partial

import msgspec

from runcast.blobs.bucket import Bucket, digest_of
from runcast.domain.effect import Effect, EffectKind
from runcast.domain.errors import InvalidInput, Unavailable
from runcast.domain.limits import INLINE_BYTES_MAX, UPLOADS_AT_ONCE
from runcast.gateway import Report
from runcast.store import objects
from runcast.store.effects import artifact_content
from runcast.store.objects import KeptArtifact
from runcast.store.rows import ObjectRow
from runcast.store.store import Store

log = logging.getLogger("runcast.engine")

NONSENSE = (msgspec.MsgspecError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What a report raises whose values are not what they should be: it must not harm the reports beside it."""


class Uploads:
    """The way to and from the blob store. Without one everything stays in the database."""

    def __init__(self, store: Store, bucket: Bucket | None) -> None:
        self._store = store
        self._bucket = bucket
        self._room = asyncio.Semaphore(UPLOADS_AT_ONCE)
        self._is_away = False

    async def put_away(self, reports: Sequence[Report]) -> Sequence[Report]:
        """The reports, with the bytes of their large artifacts in the blob store. Raises `Unavailable`: nothing is lost
        then, who reports does so again."""
        bucket = self._bucket
        if bucket is None or not any(_is_large(effect) for report in reports for effect in report.effects):
            return reports
        return [await self._without_bytes(bucket, report) for report in reports]

    async def _without_bytes(self, bucket: Bucket, report: Report) -> Report:
        if not any(map(_is_large, report.effects)):
            return report
        effects = [await self._put(bucket, report, one) if _is_large(one) else one for one in report.effects]
        return msgspec.structs.replace(report, effects=tuple(effects))

    async def _put(self, bucket: Bucket, report: Report, effect: Effect) -> Effect:
        async with self._room:
            try:
                content_type, data, digest = await asyncio.to_thread(_read, effect)
            except (InvalidInput, *NONSENSE):
                return effect  # the commit refuses it, with the report that it is of
            now = self._store.clock.now_ms()
            place = await self._store.write(partial(objects.announce, report.run_id, report.epoch, digest, now))
            if place is None:
                return effect  # the commit refuses the report
            if not place.kept:
                await self._upload(bucket, place.key, data)
        fields = {name: getattr(effect, name) for name in Effect.__struct_fields__}
        fields["value"] = "null"
        return KeptArtifact(**fields, content_type=content_type, digest=digest, object_key=place.key, size=len(data))

    async def _upload(self, bucket: Bucket, key: str, data: bytes) -> None:
        """Whoever reports tries again without a word, so the outage is told here: once, and when it is over."""
        try:
            await bucket.put(key, data)
        except Unavailable as error:
            if not self._is_away:
                log.warning("%s. What needs it is sent again until it does.", error)
            self._is_away = True
            raise
        if self._is_away:
            log.warning("the blob store %s takes objects again", bucket.name)
        self._is_away = False

    async def get(self, place: ObjectRow) -> bytes:
        """The bytes of an object, as they were put there. Raises `Unavailable`."""
        if self._bucket is None:
            raise Unavailable(
                f"these bytes are in a blob store, as {place.key}, and this process has none: say where it is, with the "
                "setting `blobs`"
            )
        return await self._bucket.get(place.key, place.digest)


def _is_large(effect: Effect) -> bool:
    return effect.kind == EffectKind.ARTIFACT and len(effect.value) > INLINE_BYTES_MAX


def _read(effect: Effect) -> tuple[str, bytes, str]:
    content_type, data = artifact_content(effect)
    return content_type, data, digest_of(data)
