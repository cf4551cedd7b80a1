"""What every test may use: asyncio for coroutine tests, seeded Hypothesis profiles."""

from __future__ import annotations

import doctest
import gc
import os
from collections.abc import Iterator
from typing import Any

import pytest
from _pytest.doctest import DoctestItem
from hypothesis import HealthCheck, settings

from runcast.sdk.registry import registry
from runcast.sdk.task import TaskDefinition
from tests.postgres import fresh_schema, serving

# Shared machines stall now and then: a slow example is not a wrong one.
settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("thorough", parent=settings.get_profile("default"), max_examples=2_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Coroutine tests run on asyncio: `async def test_…` needs no decorator."""
    return "asyncio"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a PostgreSQL of this test process."""
    with serving() as url:
        yield url


@pytest.fixture
def postgres(postgres_server: str) -> Iterator[str]:
    """The address of an empty schema."""
    with fresh_schema(postgres_server) as url:
        yield url


@pytest.fixture(autouse=True)
def own_tasks(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test knows the tasks of its own module and of helpers, whatever ran before it (doctests too) or was collected."""
    here = request.module.__name__
    foreign = {name for name, task in collected.items() if _is_test(task.fn.__module__) and task.fn.__module__ != here}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "_tasks", {name: task for name, task in collected.items() if name not in foreign})
        yield


def _is_test(module: str) -> bool:
    return module.rpartition(".")[2].startswith("test_")


collected: dict[str, TaskDefinition[..., Any]] = {}
"""The tasks that test modules and their helpers declare when they are imported."""


def pytest_collection_finish() -> None:
    collected.update({task.name: task for task in registry})
    # Thousands of tests and their modules stay to the end: a full collection need not look at them, which takes a second.
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out doctests that are illustrations only: every example of theirs says `+SKIP`. Mark what needs PostgreSQL."""
    for item in items:
        if _needs_postgres(item):
            item.add_marker("postgres")
    illustrations = [item for item in items if isinstance(item, DoctestItem) and _is_illustration(item)]
    if illustrations:
        config.hook.pytest_deselected(items=illustrations)
        items[:] = [item for item in items if item not in illustrations]


def _needs_postgres(item: pytest.Item) -> bool:
    asked = getattr(item, "fixturenames", ())
    chosen = getattr(getattr(item, "callspec", None), "params", {}).values()
    named = any(isinstance(value, str) and value == "postgres" for value in chosen)
    return named or "postgres" in asked or "postgres_server" in asked


def _is_illustration(item: DoctestItem) -> bool:
    return item.dtest is not None and all(example.options.get(doctest.SKIP) for example in item.dtest.examples)
