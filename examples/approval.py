"""Approval: a run waits for a person, for days if need be, and holds nothing meanwhile.

runcast dev examples/approval.py
runcast trigger publish '{"text": "We are open.", "reviewer": "ada@example.com"}'
runcast waits list
runcast waits complete WAIT true
"""

from __future__ import annotations

from runcast import WaitTimedOut, step, task, wait


@step
async def ask(reviewer: str, text: str, wait_id: str) -> None:
    print(f"To {reviewer}: may we publish {text!r}? (runcast waits complete {wait_id} true)")


@task
async def publish(text: str, reviewer: str) -> str:
    approval = await wait.create_token(bool, timeout="7d")
    await ask(reviewer, text, approval.id)
    try:
        approved = await wait.for_token(approval).unwrap()
    except WaitTimedOut:
        return "nobody answered"
    return "published" if approved else "dropped"
