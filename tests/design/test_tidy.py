"""Each law of tidy finds its breach, and lets what is right pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import PurePosixPath

import pytest

from runcast.design import laws
from runcast.design.source import Finding, Source, parse
from runcast.design.sql_laws import check_sql


def source(text: str, path: str = "src/runcast/engine/cancel.py") -> Source:
    return parse(PurePosixPath(path), text)


def long_function(lines: int) -> str:
    return "def f():\n" + "    x = 1\n" * (lines - 1)


@pytest.mark.parametrize(
    ("law", "wrong", "right"),
    [
        (laws.says_what_it_does, "x = 1\n", '"""Cancels runs with their children."""\n'),
        (laws.says_what_it_does, '"""Cancel"""\n', '"""Cancels runs.\n\nAnd more\n"""\n'),
        (laws.is_small, long_function(51), long_function(50)),
        (laws.is_small, "x = 1\n" * 401, "x = 1\n" * 400),
        (laws.uses_our_words, "def run_workflow(): ...\n", "def run_task(): ...\n"),
        (laws.uses_our_words, "class WaitpointRow: ...\n", "class WaitRow: ...\n"),
        (laws.uses_our_words, "row.dag = 1\n", "row.dagger = 1\n"),
        (laws.names_its_units, "def f(timeout: int): ...\n", "def f(timeout_ms: int): ...\n"),
        (laws.names_its_units, "class A:\n    retry_delay: float | None = None\n", "class A:\n    delay: timedelta\n"),
        (laws.names_its_units, "def f(delay: int | None): ...\n", "def f(delay: str | float): ...\n"),
        (laws.owns_its_module_state, "_cache = {}\n", "LABELS = {1: 2}\n"),
        (laws.ends_when_canceled, "asyncio.wait_for(f(), 1)\n", "asyncio.timeout(1)\n"),
        (
            laws.owns_its_module_state,
            "_tasks: set[str] = set()\n",
            "_tasks = set()\n'Known here.'\ndef f():\n    seen = set()\n",
        ),
    ],
)
def test_a_law_finds_what_is_wrong_and_passes_what_is_right(
    law: Callable[[Source], Iterator[Finding]], wrong: str, right: str
) -> None:
    assert len(list(law(source(wrong)))) == 1
    assert list(law(source(right))) == []


@pytest.mark.parametrize("name", ["utils", "helpers", "common", "manager", "base"])
def test_a_module_that_is_a_drawer_is_refused(name: str) -> None:
    assert list(laws.has_a_telling_name(source("", f"src/runcast/engine/{name}.py")))
    assert list(laws.has_a_telling_name(source("", f"src/runcast/{name}/cancel.py")))
    assert not list(laws.has_a_telling_name(source("", "src/runcast/engine/database.py")))


SERVICE = "class Cancel:\n    async def tick(self): ...\n"


def test_a_service_that_imports_another_is_found() -> None:
    wait = source(SERVICE, "src/runcast/engine/wait.py")
    cancel = source("from runcast.engine.wait import Wait\n" + SERVICE)
    assert [finding.line for finding in laws.services_are_strangers([cancel, wait])] == [1]
    assert list(laws.services_are_strangers([wait])) == []


def test_services_may_share_what_is_not_a_service() -> None:
    service = source(SERVICE, "src/runcast/engine/service.py")
    push = source("class Push: ...\n", "src/runcast/engine/push.py")
    cancel = source(
        "from runcast.engine.push import Push\nfrom runcast.engine.service import Service\n" + SERVICE,
    )
    assert list(laws.services_are_strangers([service, push, cancel])) == []


def test_an_import_must_be_declared_and_an_extra_counts_only_in_its_folder() -> None:
    declared = laws.Declared(always=frozenset({"msgspec"}), extras={"demo": frozenset({"cleanco"})})
    fine = source("import asyncio\nimport msgspec\nimport runcast.clock\n")
    demo = source("import cleanco\n", "src/runcast/demo/names.py")
    engine = source("import cleanco\n")
    assert list(laws.declares_its_imports([fine, demo], declared)) == []
    assert len(list(laws.declares_its_imports([engine], declared))) == 1


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("-- name: a\nselect now()\n", "-- name: a\nselect :now\n"),
        ("-- name: a\nSELECT 1\n", "-- name: a\nselect 'SELECT'\n"),
        ("-- name: a\nselect 1\n-- name: a\nselect 2\n", "-- name: a\nselect 1\n-- name: b\nselect 2\n"),
        (
            "-- name: a\nupdate runs\nset status = 'QUEUED'\nwhere id = :id\n",
            "-- name: a\nupdate runs\nset status = 'QUEUED'\nwhere id = :id and status = 'WAITING'\n",
        ),
        (
            "-- name: a\nupdate runs\nset status = 'QUEUED'\n",
            "-- The script reads who owns them first.\n-- name: a\nupdate runs\nset status = 'QUEUED'\n",
        ),
    ],
)
def test_a_law_of_sql_finds_what_is_wrong_and_passes_what_is_right(wrong: str, right: str) -> None:
    assert len(list(check_sql("runs.sql", wrong))) == 1
    assert list(check_sql("runs.sql", right)) == []


def test_a_finding_says_where_and_why() -> None:
    (finding,) = laws.uses_our_words(source("workflow = 1\n"))
    assert str(finding).startswith("src/runcast/engine/cancel.py:1: `workflow` says 'workflow'")
