"""The linter finds every planted mistake, invents none, and says what to do."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from runcast.lint import RULES, lint_file, lint_text
from tests.docs.snippets import read_snippets

PLANTED = Path(__file__).with_name("planted.py.txt")
ROOT = Path(__file__).parents[2]


def expected(file: Path) -> Counter[tuple[int, str]]:
    lines = enumerate(file.read_text("utf-8").splitlines(), 1)
    marked = [(number, match[1].split()) for number, line in lines if (match := re.search(r"# expect: (.*)$", line))]
    return Counter((number, code) for number, codes in marked for code in codes)


def test_every_planted_mistake_is_found_and_none_is_invented() -> None:
    found = Counter((finding.line, finding.code) for finding in lint_file(PLANTED))
    wanted = expected(PLANTED)
    assert (wanted - found, found - wanted) == (Counter(), Counter())


def test_every_rule_has_a_planted_mistake() -> None:
    assert {code for _, code in expected(PLANTED)} == {rule.code for rule in RULES} - {"RC000"}


def test_the_rules_own_examples_are_what_they_say() -> None:
    for rule in RULES:
        assert rule.code not in {finding.code for finding in lint_text(as_module(rule.good))}, rule.code


def as_module(body: str) -> str:
    """A rule's example with imports around it, inside a task unless it has functions of its own."""
    imports = (
        "import asyncio, random, requests, time, uuid\n"
        "from datetime import datetime, UTC\n"
        "from runcast import *\n"
        "from runcast import metadata, now, step, task, timeout, uuid4, wait\n"
        "@step\nasync def fetch(url): ...\n"
    )
    if "def " in body:
        return imports + body
    inner = "".join(f"    {line}\n" for line in body.splitlines())
    return f"{imports}@task\nasync def body(url, urls):\n{inner}"


@pytest.mark.parametrize("folder", ["src/runcast/demo", "examples"])
def test_our_own_programs_are_clean(folder: str) -> None:
    if not (ROOT / folder).is_dir():
        pytest.skip(f"there is no {folder} here")
    assert [finding for file in sorted((ROOT / folder).rglob("*.py")) for finding in lint_file(file)] == []


def test_the_starter_and_the_documents_are_clean() -> None:
    starter = ROOT / "src/runcast/cli/starter/app.py.txt"
    assert lint_text(starter.read_text("utf-8"), shown=str(starter)) == []
    assert [found for snippet in read_snippets() for found in lint_text(snippet.text, shown=snippet.name)] == []


def test_a_file_that_cannot_be_parsed_is_a_finding() -> None:
    (finding,) = lint_text("def f(:\n")
    assert (finding.code, finding.line) == ("RC000", 1)


def test_a_step_of_a_neighbouring_module_is_known(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/__init__.py").write_text("")
    (tmp_path / "shop/steps.py").write_text("from runcast import step\n@step\nasync def charge(order): ...\n")
    app = "import time\nfrom {home} import charge\nfrom runcast import task\n@task\nasync def sell(o):\n  await charge(time.time())\n"
    for home in ("shop.steps", ".steps"):
        (tmp_path / "shop/app.py").write_text(app.format(home=home))
        assert [finding.code for finding in lint_file(tmp_path / "shop/app.py")] == ["RC001"]
