"""The API of one engine, served from `start` until `close`."""

from __future__ import annotations

from runcast.api.app import make_app
from runcast.api.context import Api
from runcast.api.hosts import check_hosts
from runcast.api.listener import Listener
from runcast.domain.errors import Unavailable
from runcast.domain.instance_secret import InstanceSecret
from runcast.engine.engine import Engine
from runcast.http_settings import ApiSettings

THIS_MACHINE = ("127.0.0.1", "::1")


class HttpServer:
    """An engine's API on a port of its own."""

    def __init__(self, engine: Engine, settings: ApiSettings, secret: InstanceSecret) -> None:
        self._settings = settings
        self._api = Api(engine, settings, secret)
        self._listener: Listener | None = None

    @property
    def url(self) -> str:
        """Where it listens, on this machine."""
        assert self._listener is not None, "it is not started"
        host = self._settings.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self._listener.port}"

    @property
    def local_key(self) -> str | None:
        """A key for programs of this machine, in `runcast dev`."""
        return self._api.local_key() if self._settings.local else None

    async def start(self) -> None:
        """Raises `Unavailable` when the port is taken."""
        self._listener = self._listen()
        self._api.base_url = self._settings.public_url.rstrip("/") or self.url
        await self._listener.start()

    def _listen(self) -> Listener:
        settings = self._settings
        app = check_hosts(make_app(self._api), settings)
        ports = range(settings.port, settings.port + settings.tries)
        for port in ports:
            try:
                return Listener(
                    app,
                    settings.host,
                    port,
                    root_path=settings.root_path,
                    forwarded_from=(*THIS_MACHINE, *settings.proxies),
                )
            except Unavailable:
                if port == ports[-1]:
                    raise
        raise Unavailable("no port was tried")

    async def close(self) -> None:
        # Whoever follows is told to come back, and finds the next server.
        await self._api.engine.hub.stop()
        await self._api.gateways.close()
        if self._listener is not None:
            await self._listener.close()
