"""Fail fast: no retry where it cannot help, and a sentence that a user understands, with the trace behind it.

runcast dev examples/fail_fast.py
runcast trigger import_contacts '{"csv": "name;mail"}' --follow
"""

from __future__ import annotations

from runcast import AbortRun, task


class NotAnImport(AbortRun):
    """`AbortRun`: no further attempt. `user_message` is what people see first, `code` is for programs."""

    code = "not_an_import"

    def __init__(self, found: str) -> None:
        super().__init__(f"the header is {found!r}, expected 'name,mail'")
        self.user_message = "This file is no list of contacts. Export it again with the columns name and mail."


@task
async def import_contacts(csv: str) -> int:
    header, *rows = csv.splitlines()
    if header != "name,mail":
        raise NotAnImport(header)
    return len(rows)
