"""A durable server for all tests here, and an empty schema for each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.postgres import fresh_schema
from tests.store.postgres.bench import Bench
from tests.store.postgres.proxy import Proxy
from tests.store.postgres.server import PostgresServer, running


@pytest.fixture(scope="session")
def durable_server() -> Iterator[PostgresServer]:
    with running() as server:
        yield server


@pytest.fixture
def schema(durable_server: PostgresServer) -> Iterator[str]:
    """The address of an empty schema of the durable server."""
    with fresh_schema(durable_server.url) as url:
        yield url


@pytest.fixture
def proxy(durable_server: PostgresServer) -> Iterator[Proxy]:
    proxy = Proxy(durable_server.port)
    yield proxy
    proxy.close()


@pytest.fixture
def bench(schema: str) -> Iterator[Bench]:
    bench = Bench(schema, schema)
    yield bench
    assert not bench.session.in_transaction
    bench.session.close()


@pytest.fixture
def far(schema: str, durable_server: PostgresServer, proxy: Proxy) -> Iterator[Bench]:
    """Its writer goes through the proxy."""
    bench = Bench(schema.replace(f":{durable_server.port}/", f":{proxy.port}/"), schema)
    yield bench
    assert not bench.session.in_transaction
    bench.session.close()
