"""What snippets import as the user's own code."""

from __future__ import annotations


async def download(url: str) -> str:
    return f"<html>{url}</html>"


def mail(to: str, text: str) -> None:
    print(to, text)
