"""What the routes share: the engine, the settings of the API, and what is derived from the instance's secret."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from litestar.types import ASGIApp, Receive, Scope, Send

from runcast.api.caller import Caller
from runcast.api.keys import KEY_CHARS, Keys
from runcast.api.live import Live
from runcast.api.rate import Failures
from runcast.api.readers import Readers
from runcast.api.realtime import Realtime
from runcast.api.remembered import Remembered
from runcast.api.sign_in import SignIns
from runcast.api.streams import Streams
from runcast.api.tokens import HANDLE_LIFETIME_S, Tokens
from runcast.domain.access import key_prefix
from runcast.domain.errors import NotFound
from runcast.domain.instance_secret import InstanceSecret
from runcast.engine.engine import Engine
from runcast.http_settings import ApiSettings
from runcast.socket_server.connections import Connections


class Api:
    """Handed to every route that asks for it by the name `api`."""

    def __init__(self, engine: Engine, settings: ApiSettings, secret: InstanceSecret) -> None:
        self.engine = engine
        self.settings = settings
        self.secret = secret
        self.tokens = Tokens(secret)
        self.readers = Readers()
        self.realtime = Realtime(engine)
        self.live = Live(engine)
        self.streams = Streams(engine)
        self.keys = Keys(engine.access, self.now_ms)
        self.revoked_tokens = Remembered(engine.access, engine.access.revoked_tokens, self.now_ms)
        """Ids of public tokens that admit nobody any more."""
        self.sign_ins = SignIns(engine.store, engine.access, engine.clock)
        self.strangers = Failures(now_ms=self.now_ms, burst=300, per_minute=60)
        """Addresses from which keys and tokens came that are none."""
        self._local_key = key_prefix(settings.environment) + secret.characters("local key", KEY_CHARS)
        self.gateways = Connections()
        """Workers and programs that are connected through `/api/v1/gateway`."""
        self.base_url = settings.public_url
        """Where clients reach it; known when it listens."""

    def now_ms(self) -> int:
        """Engine time."""
        return self.engine.clock.now_ms()

    def now_s(self) -> int:
        return self.now_ms() // 1000

    async def admit_reader(self, caller: Caller, run_id: str, receive: Receive) -> None:
        """Raises a 403 unless the caller may read the run. One that does not exist is waited for before it is a 404."""
        if self.readers.may_read(caller, run_id):
            return
        run = await self.realtime.find(run_id, receive)
        if run is None or run.environment != caller.environment:
            raise NotFound("Run not found")
        self.readers.require(caller, run)

    def handle_headers(
        self, environment: str, scopes: Sequence[str], *, lifetime_s: int = HANDLE_LIFETIME_S
    ) -> dict[str, str]:
        """What comes with a handle: a token for it, ready to use, and its claims for clients that sign their own."""
        claims = self.tokens.claims(environment, scopes)
        token = self.tokens.mint(environment, scopes, now_s=self.now_s(), lifetime_s=lifetime_s)
        return {"x-trigger-jwt": token, "x-trigger-jwt-claims": msgspec.json.encode(claims).decode()}

    def local_key(self) -> str:
        """The key that `runcast dev` prints: the same as long as the secret is, and stored nowhere."""
        return self._local_key


_API = "runcast.api"


def belong_to(api: Api, app: ASGIApp) -> ASGIApp:
    """The app, of which each request is one to this API."""

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        shared: dict[str, Any] = scope  # type: ignore[assignment]
        shared[_API] = api
        await app(scope, receive, send)

    return served


def find_api(scope: Any) -> Api:
    """Whose request it is."""
    api = scope[_API]
    assert isinstance(api, Api)
    return api
