"""Where runs and approvals are found: an address that a run mailed stays the one that it mailed."""

from __future__ import annotations

import pytest

from runcast import NotFound, RunStatus, step, task, wait
from runcast.sdk.registry import Registry
from runcast.testing import TestEngine

home = Registry()


@step
async def mail(text: str) -> str:
    return text


@task(registry=home)
async def approve() -> str:
    token = await wait.create_token(bool)
    text = await mail(f"Publish? {token.url}")
    await wait.for_token(token).unwrap()
    return text


@pytest.mark.parametrize("evict_after", [None, 0])
@pytest.mark.parametrize("later", ["", "https://other.example.com"])
async def test_another_public_url_at_a_replay_does_not_make_another_mail(
    evict_after: int | None, later: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNCAST_PUBLIC_URL", "https://runs.example.com/")
    async with TestEngine(list(home), evict_after=evict_after) as engine:
        run = await approve.trigger()
        await engine.settle()
        monkeypatch.setenv("RUNCAST_PUBLIC_URL", later)
        (token,) = await engine.client.waits()
        await engine.client.complete_wait(token.id, True)
        done = await engine.finish(run)
    assert done.status is RunStatus.COMPLETED
    assert done.output == f"Publish? https://runs.example.com/waits/{token.id}"


async def test_without_a_public_url_an_approval_says_the_command_that_completes_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("RUNCAST_PUBLIC_URL", raising=False)
    async with TestEngine(list(home)) as engine:
        run = await approve.trigger()
        await engine.settle()
        (token,) = await engine.client.waits()
        await engine.client.complete_wait(token.id, True)
        done = await engine.finish(run)
    assert done.output == f"Publish? runcast waits complete {token.id} JSON"


async def test_a_link_for_mail_names_the_wait_and_is_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNCAST_PUBLIC_URL", "https://runs.example.com/")
    async with TestEngine(list(home)) as engine:
        made = await engine.client.create_wait(question="Publish?")
        link = await engine.client.answer_link(made.id)
        monkeypatch.delenv("RUNCAST_PUBLIC_URL")
        command = await engine.client.answer_link(made.id)
        with pytest.raises(NotFound):
            await engine.client.answer_link("waitpoint_none")
    assert link.startswith(f"https://runs.example.com/a/{made.id}.") and len(link.rpartition(".")[2]) == 64
    assert command == f"runcast waits complete {made.id} JSON"
