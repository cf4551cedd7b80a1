"""Writes every generated page anew: `python -m runcast.design`."""

from __future__ import annotations

import sys
from pathlib import Path

from runcast.design import api, commands, diagrams, lint_rules, reference, schema, settings


def generated_pages(root: Path) -> dict[Path, str]:
    """The pages that are made from the code, as they should be."""
    states = root / diagrams.PAGE
    return {
        states: diagrams.render(states.read_text("utf-8")),
        root / "docs/reference/api.md": api.api_page(),
        root / "docs/reference/commands.md": commands.commands_page(),
        root / "docs/reference/errors.md": reference.errors_page(),
        root / "docs/reference/limits.md": reference.limits_page(),
        root / "docs/reference/lint.md": lint_rules.lint_page(),
        root / "docs/reference/names.md": reference.names_page(),
        root / "docs/reference/schema.md": schema.schema_page(),
        root / "docs/reference/settings.md": settings.settings_page(),
    }


def main() -> int:
    """Write them, and say which changed."""
    for page, text in generated_pages(Path.cwd()).items():
        page.parent.mkdir(parents=True, exist_ok=True)
        if not page.exists() or page.read_text("utf-8") != text:
            page.write_text(text, "utf-8")
            print(f"wrote {page.relative_to(Path.cwd())}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
