"""`POST /api/v1/tasks/{task}/trigger`: what is stored, what comes back, what is refused."""

from __future__ import annotations

from tests.api.site import Site


async def test_a_triggered_run_ends_and_is_read_with_its_output(any_site: Site) -> None:
    run = await any_site.run("add", {"a": 2, "b": 3})
    assert (run["status"], run["output"], run["isCompleted"]) == ("COMPLETED", 5, True)


async def test_runs_of_every_sample_task_behave(site: Site) -> None:
    assert (await site.run("fail"))["status"] == "FAILED"
    assert (await site.run("count", {"to": 2}))["metadata"] == {"progress": 2}
