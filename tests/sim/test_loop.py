"""The virtual loop: time jumps, orders are the seed's, processes die and pause."""

from __future__ import annotations

import asyncio

import pytest

from tests.sim.loop import LoopClock, Process, Stuck, VirtualLoop, run_virtual


def test_time_jumps_to_the_next_timer() -> None:
    async def main(loop: VirtualLoop) -> int:
        clock = LoopClock(loop, start_ms=0)
        await asyncio.sleep(3 * 86_400)
        return clock.now_ms()

    assert run_virtual(1, main) == 3 * 86_400_000


def _order(seed: int) -> list[int]:
    async def main(loop: VirtualLoop) -> list[int]:
        order: list[int] = []

        async def one(number: int) -> None:
            await asyncio.sleep(0)
            order.append(number)

        await asyncio.gather(*[one(number) for number in range(8)])
        return order

    result: list[int] = run_virtual(seed, main)
    return result


def test_the_order_of_tasks_is_the_seeds() -> None:
    assert _order(1) == _order(1)
    assert len({tuple(_order(seed)) for seed in range(10)}) > 5


def test_plain_callbacks_keep_their_order() -> None:
    async def main(loop: VirtualLoop) -> list[int]:
        order: list[int] = []
        for number in range(10):
            loop.call_soon(order.append, number)
        await asyncio.sleep(1)
        return order

    assert run_virtual(5, main) == list(range(10))


def test_a_killed_process_runs_no_further_instruction() -> None:
    done: list[str] = []

    async def body() -> None:
        try:
            await asyncio.sleep(10)
            done.append("slept")
        finally:
            if done != ["world ended"]:
                done.append("cleaned up")

    async def main(loop: VirtualLoop) -> list[str]:
        process = Process("worker")
        loop.spawn(process, body())
        await asyncio.sleep(1)
        loop.kill(process)
        await asyncio.sleep(100)
        seen = list(done)
        done.append("world ended")
        return seen

    assert run_virtual(1, main) == []


def test_what_a_body_gathers_when_the_world_ends_belongs_to_the_worlds_loop() -> None:
    found: list[asyncio.AbstractEventLoop] = []

    async def body() -> None:
        try:
            await asyncio.sleep(10)
        finally:
            found.append(asyncio.gather(asyncio.sleep(0)).get_loop())

    async def main(loop: VirtualLoop) -> VirtualLoop:
        loop.spawn(Process("worker"), body())
        await asyncio.sleep(1)
        return loop

    loop = run_virtual(1, main)
    assert found == [loop]
    assert loop.is_closed()


def test_a_paused_process_goes_on_late() -> None:
    async def main(loop: VirtualLoop) -> float:
        process = Process("worker")
        woken: list[float] = []

        async def body() -> None:
            await asyncio.sleep(10)
            woken.append(loop.time())

        loop.spawn(process, body())
        await asyncio.sleep(1)
        loop.pause(process)
        await asyncio.sleep(60)
        assert woken == []
        loop.go_on(process)
        await asyncio.sleep(1)
        return woken[0]

    assert run_virtual(1, main) == 61.0


def test_a_loop_with_nothing_to_do_says_so() -> None:
    async def main(loop: VirtualLoop) -> None:
        await loop.create_future()

    with pytest.raises(Stuck, match="no timer"):
        run_virtual(1, main)
