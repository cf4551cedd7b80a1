"""What the linter says of one place in the code."""

from __future__ import annotations

import msgspec


class Finding(msgspec.Struct, frozen=True, order=True):
    """One breach of one rule."""

    path: str
    line: int
    column: int
    """From 1, as editors count."""
    code: str
    message: str
    fix: str
    end_line: int = 0

    @property
    def place(self) -> str:
        """`file:line:column`, which terminals and editors make clickable."""
        return f"{self.path}:{self.line}:{self.column}"
