"""What a client does with waits: make them, find them, complete them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from runcast.domain.errors import NotFound
from runcast.domain.journal import NewWait, Wait
from runcast.gateway import ClientGateway
from runcast.sdk.ambient import current_environment, page_url, public_url
from runcast.sdk.call import Call
from runcast.sdk.codec import encode_json
from runcast.sdk.doors import Door
from runcast.sdk.durations import Duration, duration_ms
from runcast.sdk.fresh_ids import fresh_id
from runcast.sdk.options import check_key, parse_tags


class WaitsOfClient:
    """A part of `Client`."""

    _door: Door

    def create_wait(
        self,
        *,
        timeout: Duration | None = None,
        tags: str | Sequence[str] = (),
        idempotency_key: str | None = None,
        idempotency_ttl: Duration | None = None,
        question: str | None = None,
    ) -> Call[Wait]:
        """A wait that a run may wait for by its id, made outside of any run. People see `question`.

        Equal `idempotency_key`s mean the same wait, within `idempotency_ttl` of its creation.
        """
        new = NewWait(
            fresh_id("waitpoint"),
            environment=current_environment(),
            timeout_ms=None if timeout is None else duration_ms(timeout, name="timeout"),
            tags=parse_tags(tags),
            idempotency_key=idempotency_key,
            idempotency_ttl_ms=None
            if idempotency_ttl is None
            else duration_ms(idempotency_ttl, name="idempotency_ttl"),
            question=check_key(question, "question"),
        )
        return self._door.call(lambda gateway: gateway.create_wait(new))

    def complete_wait(self, wait_id: str, value: Any = None) -> Call[Wait]:
        """Complete a wait with a JSON value. The first completion wins; `NotFound` when there is no such wait."""
        text = encode_json(value, what=f"value of wait {wait_id}")
        return self._door.call(lambda gateway: gateway.complete_wait(wait_id, text))

    def retrieve_wait(self, wait_id: str) -> Call[Wait]:
        """A wait as it is now: open, completed with a `value` (JSON text), or timed out. Raises `NotFound`.

        >>> (await client.retrieve_wait(approval.id)).status  # doctest: +SKIP
        'COMPLETED'
        """

        async def ask(gateway: ClientGateway) -> Wait:
            found = await gateway.find_wait(wait_id)
            if found is None:
                raise NotFound(f"no wait {wait_id!r}")
            return found

        return self._door.call(ask)

    def answer_link(self, wait_id: str) -> Call[str]:
        """A page on which a person answers a wait without an account: for mail. Whoever has it may answer.

        Below the setting `public_url`; without that, the command that answers. Raises `NotFound`.

        >>> await mail(editor, await client.answer_link(question.id))  # doctest: +SKIP
        """
        command = f"runcast waits complete {wait_id} JSON"

        async def ask(gateway: ClientGateway) -> str:
            return page_url(await gateway.answer_path(wait_id), command=command, base=public_url())

        return self._door.call(ask)

    def waits(self, *, limit: int = 100) -> Call[Sequence[Wait]]:
        """Waits that nobody completed yet, oldest first."""
        return self._door.call(lambda gateway: gateway.list_waits(limit=limit))
