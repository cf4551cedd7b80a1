"""Tells alerts to channels, with what only this process can read: their secrets."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import msgspec

from runcast.domain.alert_text import Told, plain_text, slack_body, webhook_body
from runcast.domain.channel import ChannelKind, ChannelRef, Target, check_target
from runcast.domain.delivery import Answer
from runcast.domain.instance_secret import InstanceSecret
from runcast.outgoing.addresses import parse_allowed
from runcast.outgoing.guard import Guard, Resolve
from runcast.outgoing.settings import OutgoingSettings

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

    from runcast.outgoing.post import Post

SIGNATURE_HEADER = "x-trigger-signature-hmacsha256"
DELIVERY_HEADER = "x-runcast-delivery"
_KEY = "alert channels"
_ID_CHARS = 24
_TARGET = msgspec.json.Decoder(Target)


class Courier:
    """Seals targets and goes to them. Made by the server; `secret` is asked for when the first channel needs it."""

    def __init__(
        self,
        settings: OutgoingSettings,
        secret: Callable[[], Awaitable[InstanceSecret]],
        *,
        resolve: Resolve | None = None,
    ) -> None:
        self.guard = Guard(parse_allowed(settings.private), resolve)
        self._ask = secret
        self._secret: InstanceSecret | None = None
        self._settings = settings
        self._post: Post | None = None

    def run_url(self, run_id: str) -> str:
        base = self._settings.public_url
        return f"{base}/runs/{run_id}" if base else ""

    def check(self, target: Target) -> None:
        """Raises `InvalidInput` for a target that can never be told."""
        check_target(target)
        if target.url:
            self.guard.check_url(target.url)

    async def seal(self, environment: str, target: Target, *, unique: str = "") -> ChannelRef:
        secret = await self._the_secret()
        place = target.url or ",".join(sorted(target.addresses))
        id = secret.sign(_KEY, f"{environment}\0{target.kind}\0{place}\0{unique}")[:_ID_CHARS]
        sealed = (await self._fernet()).encrypt(msgspec.json.encode(target)).decode()
        return ChannelRef(f"channel_{id}", target.kind, target.shown, sealed)

    async def send(self, kind: ChannelKind, sealed: str, told: Told) -> Answer:
        target = await self._unseal(sealed)
        if target is None:
            return Answer(error="the channel was sealed with another secret: declare or make it anew", is_final=True)
        match kind:
            case ChannelKind.WEBHOOK:
                return await self._post_signed(target, webhook_body(told), told.delivery_id)
            case ChannelKind.SLACK:
                return await self._client().send(target.url, slack_body(told), {"content-type": "application/json"})
            case ChannelKind.EMAIL:
                return await self._mail(target, told)

    async def _post_signed(self, target: Target, body: bytes, delivery_id: str) -> Answer:
        signature = hmac.digest(target.secret.encode(), body, "sha256").hex()
        headers = {"content-type": "application/json", SIGNATURE_HEADER: signature, DELIVERY_HEADER: delivery_id}
        return await self._client().send(target.url, body, headers)

    def _client(self) -> Post:
        # Here, like the mail below: a server that tells nothing does without the time that they take to load.
        from runcast.outgoing.post import Post

        if self._post is None:
            self._post = Post(self.guard)
        return self._post

    async def _mail(self, target: Target, told: Told) -> Answer:
        from runcast.outgoing.mail import Letter, Mail

        if self._settings.smtp is None:
            return Answer(error="this server has no smtp_url")
        letter = Letter(told.delivery_id, target.addresses, f"[Runcast] {told.headline}", plain_text(told))
        return await Mail(self._settings.smtp).send(letter)

    async def _unseal(self, sealed: str) -> Target | None:
        from cryptography.fernet import InvalidToken

        try:
            return _TARGET.decode((await self._fernet()).decrypt(sealed.encode()))
        except InvalidToken:
            return None

    async def _fernet(self) -> Fernet:
        # Here, because it takes a while to load and most projects have no channels.
        from cryptography.fernet import Fernet

        return Fernet((await self._the_secret()).fernet_key(_KEY))

    async def _the_secret(self) -> InstanceSecret:
        if self._secret is None:
            self._secret = await self._ask()
        return self._secret

    async def close(self) -> None:
        if self._post is not None:
            await self._post.close()
