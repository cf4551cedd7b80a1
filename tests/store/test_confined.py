"""Whose an id is: asked once of each, however often it is named."""

from __future__ import annotations

from functools import partial

import pytest

from runcast.store import confined
from tests.store.world import World


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_only_what_is_of_another_environment_is_elsewhere(db: World, environment: str) -> None:
    db.trigger(batch_id="batch_1")
    found = db.read(partial(confined.find_elsewhere, environment, ["run_nobodys", "batch_1"]))
    assert found == (None if environment == "dev" else "batch_1")


def test_a_batch_that_thousands_of_runs_name_is_looked_at_once() -> None:
    script = confined.find_elsewhere("dev", ["batch_1"] * 10_000)
    assert next(script).params["ids"] == [["batch_1"]]  # type: ignore[union-attr]
