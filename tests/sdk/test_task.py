"""`@task`: a function with a background."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from runcast import Queue, Retry, task
from runcast.domain.errors import InvalidInput, InvalidPayload
from runcast.sdk.registry import Registry

home = Registry()


@task(registry=home)
async def double(n: int) -> int:
    """Twice as much.

    And more about it.
    """
    return 2 * n


@task(queue=Queue("web", concurrency=2), retry=Retry(max_attempts=7), max_duration="2m", ttl="1h", registry=home)
def resize(name: str, width: int = 100) -> str:
    return f"{name}@{width}"


async def test_a_task_is_still_a_function() -> None:
    assert await double(3) == 6
    assert resize("a.png", width=3) == "a.png@3"
    assert double.__name__ == "double"
    assert (double.__doc__ or "").startswith("Twice")


def test_attributes_that_other_decorators_left_on_the_function_do_not_become_its_options() -> None:
    async def fetch() -> None: ...

    vars(fetch).update(retry="theirs", queue=3, name="other", signature=None)
    definition = task(name="mine", retry=Retry(max_attempts=7), registry=Registry())(fetch)
    assert (definition.info().name, definition.info().queue, definition.info().max_attempts) == ("mine", "default", 7)
    assert definition.signature.parameters == {}


def test_a_task_says_what_the_engine_must_know() -> None:
    info = resize.info()
    assert (info.name, info.queue, info.lane, info.max_attempts) == ("resize", "web", "thread", 7)
    assert (info.max_duration_ms, info.ttl_ms) == (120_000, 3_600_000)
    assert info.source.startswith(__file__)
    assert double.info().lane == "async"
    assert double.info().queue == "default"
    assert double.info().description == "Twice as much.\n\nAnd more about it."


def test_a_process_is_a_lane_of_its_own() -> None:
    @task(isolation="process", registry=Registry())
    async def risky() -> None: ...

    assert risky.lane == "process"


@pytest.mark.parametrize(
    ("item", "payload"),
    [
        (("a.png", 3), '{"name":"a.png","width":3}'),
        ({"name": "a.png"}, '{"name":"a.png"}'),
        (resize.item("a.png"), '{"name":"a.png"}'),
        (resize.options(tags="vip").item("a.png", width=2), '{"name":"a.png","width":2}'),
    ],
)
def test_batch_items(item: Any, payload: str) -> None:
    (request,) = resize._items([item])
    assert request.payload == payload


def test_a_batch_item_of_one_parameter_is_the_argument_itself() -> None:
    @task(registry=Registry())
    def total(numbers: tuple[int, ...]) -> int:
        return sum(numbers)

    assert [request.payload for request in double._items([1, 2])] == ['{"n":1}', '{"n":2}']
    assert total._items([(1, 2)])[0].payload == '{"numbers":[1,2]}'
    with pytest.raises(InvalidPayload):
        double._items(["x"])
    with pytest.raises(InvalidInput, match="item"):
        resize._items(["a.png"])


def test_options_of_items_are_their_own() -> None:
    requests = resize.options(concurrency_key="all")._items([("a",), resize.options(concurrency_key="mine").item("b")])
    assert [request.options.concurrency_key for request in requests] == ["all", "mine"]


def test_an_output_is_what_the_task_promised() -> None:
    assert double.encode_output(4) == "4"
    with pytest.raises(InvalidPayload, match="output of task 'double'"):
        double.encode_output("four")


def test_a_class_defined_beside_the_task_is_found() -> None:
    @dataclass
    class Local:
        size: int

    @task(registry=Registry())
    def measure(local: Local) -> Local:
        return local

    args, _ = measure.decode_payload('{"size":3}')
    assert args == (Local(3),)
    assert measure.decode_output(measure.encode_output(Local(4))) == Local(4)


@pytest.mark.parametrize(
    "settings",
    [
        {"isolation": "vm"},
        {"queue": 3},
        {"max_duration": "soon"},
        {"retry": Retry(max_attempts=0)},
        {"name": "a\nb"},
        {"name": "x" * 200},
    ],
)
def test_a_wrong_setting_is_refused_where_it_is_written(settings: dict[str, Any]) -> None:
    def body() -> None: ...

    with pytest.raises(InvalidInput):
        task(registry=Registry(), **settings)(body)


def test_only_functions_are_tasks() -> None:
    with pytest.raises(InvalidInput, match="function"):
        task(print)
