"""`runcast lint`: find code that would do something else when a run is executed again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from runcast.cli import exits
from runcast.cli.command import Command
from runcast.cli.look import printable
from runcast.cli.output import console, print_json

if TYPE_CHECKING:
    from runcast.lint import Finding

EXAMPLES = (
    ("runcast lint", "every Python file below this folder"),
    ("runcast lint app.py --ignore RC010", "one file, without one rule"),
    ("runcast lint src --json", "for a program, a line for each finding"),
)


@click.command(cls=Command, examples=EXAMPLES)
@click.argument("paths", metavar="[PATH]...", nargs=-1, type=click.Path(path_type=Path))
@click.option("--select", metavar="CODES", help="Only these rules: RC001,RC002, or a beginning.")
@click.option("--ignore", metavar="CODES", help="Not these rules; beside those of the configuration.")
@click.option("--rules", "list_rules", is_flag=True, help="Say what the rules are, and check nothing.")
def lint(paths: tuple[Path, ...], select: str | None, ignore: str | None, list_rules: bool, as_json: bool) -> int:
    """Check durable code in PATHs: what is not recorded between durable calls, and what cannot be.

    Reads the code and executes none of it. `# runcast: ignore[RC001]` on a line accepts a finding there;
    `[tool.runcast.lint]` in pyproject.toml has `select`, `ignore` and `exclude`. Exit code 1 when there are findings.
    """
    from runcast.lint import lint_paths, read_config

    if list_rules:
        return _list_rules(as_json=as_json)
    chosen = paths or (Path(),)
    config = read_config(chosen[0] if chosen[0].exists() else Path(), select=_codes(select), ignore=_codes(ignore))
    findings = lint_paths(chosen, config)
    if as_json:
        for finding in findings:
            print_json(finding)
    else:
        _print_findings(findings)
    return exits.FAILED if findings else exits.OK


def _codes(text: str | None) -> tuple[str, ...]:
    return tuple(code.strip() for code in (text or "").split(",") if code.strip())


def _print_findings(findings: list[Finding]) -> None:
    out = console()
    for finding in findings:
        out.print(f"{printable(finding.place)} {finding.code} {printable(finding.message)}", soft_wrap=True)
        out.print(f"    {finding.fix}", style="bright_black", soft_wrap=True)
    if not findings:
        out.print("✓ nothing found", style="green")
        return
    codes = len({finding.code for finding in findings})
    number = f"{len(findings)} finding{'s' if len(findings) > 1 else ''} of {codes} rule{'s' if codes > 1 else ''}"
    out.print(f"{number}; `runcast lint --rules` explains them, `# runcast: ignore[CODE]` accepts one.")


def _list_rules(*, as_json: bool) -> int:
    from runcast.lint import RULES

    out = console()
    for rule in RULES:
        if as_json:
            print_json(rule)
        else:
            out.print(f"{rule.code} {rule.name}: {rule.why}", soft_wrap=True)
            out.print(f"    {rule.fix}", style="bright_black", soft_wrap=True)
    return exits.OK
