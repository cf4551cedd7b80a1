"""Writes the reference page of `runcast lint` from its table of rules."""

from __future__ import annotations

from runcast.design.reference import MADE
from runcast.lint import RULES, Rule


def lint_page() -> str:
    """Every rule: what it says, why, a body that breaks it and one that does not."""
    intro = (
        "What `runcast lint` looks for in the bodies of tasks and steps, and in the functions of the same module that they\n"
        "call. [The guide](../guides/lint.md) says how to use it. A body without durable calls may do what it likes: a\n"
        "retry repeats all of it."
    )
    rows = [f"| [{rule.code}](#{_anchor(rule)}) | {rule.name} | {rule.fix} |" for rule in RULES]
    table = "\n".join(["| code | name | instead |", "|---|---|---|", *rows])
    return "\n".join([f"# Lint rules\n\n{MADE}\n\n{intro}\n\n{table}\n", *map(_section, RULES)])


def _anchor(rule: Rule) -> str:
    return f"{rule.code} {rule.name}".lower().replace(" ", "-")


def _section(rule: Rule) -> str:
    message = rule.message.format(what="…", where="…")
    return (
        f"## {rule.code} {rule.name}\n\n> {message}\n\n{rule.why}\n\nInstead of\n\n```py\n{rule.bad}\n```\n\n"
        f"write\n\n```py\n{rule.good}\n```\n\n{rule.fix}\n"
    )
