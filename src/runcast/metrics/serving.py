"""Puts the parts together for one engine."""

from __future__ import annotations

from runcast.domain.errors import InvalidInput, Unavailable
from runcast.engine.engine import Engine
from runcast.metrics.counts import Counts
from runcast.metrics.listener import Answer, Listener
from runcast.metrics.source import Source


def listen(engine: Engine, address: tuple[str, int]) -> Listener:
    """A listener that serves the numbers of `engine`; it runs on this loop. Close it on another thread.

    Raises `InvalidInput` without the client library, `Unavailable` when the address is taken.
    """
    try:
        from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector
        from prometheus_client.exposition import make_wsgi_app

        from runcast.metrics.collector import EngineCollector
    except ImportError as error:
        raise InvalidInput("metrics need their client library: pip install 'runcast[metrics]'") from error
    counts = Counts()
    source = Source(engine, counts)
    registry = CollectorRegistry(auto_describe=False)
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    registry.register(EngineCollector(source))
    listener = Listener(address, metrics=make_wsgi_app(registry), health=lambda: _health(source))
    engine.store.set_meter(counts)
    listener.start()
    return listener


def _health(source: Source) -> Answer:
    try:
        source.check()
    except Unavailable as error:
        return "503 Service Unavailable", f"{error}\n"
    return "200 OK", "ok\n"
