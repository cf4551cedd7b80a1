"""Checks the laws that no linter can say: `python -m runcast.design.tidy`."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from runcast.design import laws
from runcast.design.source import Finding, Source, read_sources
from runcast.design.sql_laws import check_sql


def check_repository(root: Path) -> list[Finding]:
    """Every breach below `root`, in order of path and line."""
    sources = read_sources(root, "src/runcast")
    findings = [
        *(finding for source in sources for law in laws.FILE_LAWS for finding in law(source)),
        *laws.services_are_strangers(sources),
        *laws.declares_its_imports(sources, _read_declared(root)),
        *_check_tests(root),
        *_check_sql_files(root),
        *_check_changelog(root),
    ]
    return sorted(findings)


def _check_tests(root: Path) -> Iterator[Finding]:
    for source in [*read_sources(root, "tests"), *read_sources(root, "benchmarks")]:
        if source.text:
            yield from laws.says_what_it_does(source)
        yield from laws.has_a_telling_name(source)
        yield from _check_sleeps(source)


def _check_sleeps(source: Source) -> Iterator[Finding]:
    """A test waits for a signal, never for the clock on the wall."""
    if source.path.parts[0] == "tests" and re.search(r"^\s*time\.sleep\(", source.text, re.MULTILINE):
        line = source.text[: source.text.index("time.sleep(")].count("\n") + 1
        yield source.finding(
            line, "a test that sleeps is slow when it passes and flaky when it does not: wait for a signal"
        )


def _check_sql_files(root: Path) -> Iterator[Finding]:
    for file in sorted((root / "src/runcast").rglob("*.sql")):
        yield from check_sql(file.relative_to(root).as_posix(), file.read_text("utf-8"))


def _check_changelog(root: Path) -> Iterator[Finding]:
    """People learn from the changelog what changed for them, so there is always a place for the next line."""
    text = (root / "CHANGELOG.md").read_text("utf-8")
    if "## [Unreleased]" not in text:
        yield Finding("CHANGELOG.md", 1, "there is no `## [Unreleased]`: the next change has nowhere to be told")


def _read_declared(root: Path) -> laws.Declared:
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    return laws.Declared(
        always=_import_names(project["dependencies"]),
        extras={folder.replace("-", "_"): _import_names(requirements) for folder, requirements in extras.items()},
    )


_IMPORTED_AS = {"argon2-cffi": "argon2", "pyjwt": "jwt"}


def _import_names(requirements: list[str]) -> frozenset[str]:
    """What requirements are imported as: ours have the name of their distribution, or share a namespace."""
    distributions = {re.split(r"[^\w-]", requirement, maxsplit=1)[0] for requirement in requirements}
    names = {_IMPORTED_AS.get(name, name.replace("-", "_")) for name in distributions}
    namespaces = {name.split("_", 1)[0] for name in names if name.startswith("opentelemetry_")}
    return frozenset(names | namespaces | ({"pydantic_core"} if "pydantic" in names else set()))


def main() -> int:
    """Print what breaks a law, with the law's reason; the exit status is 1 if anything does."""
    findings = check_repository(Path.cwd())
    for finding in findings:
        print(finding)
    print(f"tidy: {len(findings)} findings" if findings else "tidy: all laws kept")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
