"""The oracle agrees with programs executed on plain asyncio, and with nothing else."""

from __future__ import annotations

import pytest

from tests.sim.loop import VirtualLoop, run_virtual
from tests.sim.oracle import expect_roots
from tests.sim.plain import PlainRun
from tests.sim.programs import Generator, Program, Seq, Step


def _execute(program: Program, seed: int) -> list[PlainRun]:
    async def main(loop: VirtualLoop) -> list[PlainRun]:
        root = PlainRun(program, None, loop.random)
        await root.execute()
        return root.everyone()

    runs: list[PlainRun] = run_virtual(seed, main)
    return [run for run in runs if run.status]  # The others were cut off with their parent.


@pytest.mark.parametrize("block", range(10))
def test_the_oracle_accepts_what_plain_asyncio_does(block: int) -> None:
    for seed in range(block * 40, block * 40 + 40):
        programs = Generator(seed).roots()
        expected = expect_roots(programs)
        for program in programs:
            for run in _execute(program, seed):
                wanted = expected[run.program.id]
                assert run.status in wanted.statuses, (seed, run.program.id)
                if run.status == "COMPLETED":
                    assert wanted.accepts(run.output), (seed, run.program.id, run.output)


def test_the_oracle_counts_marks() -> None:
    for seed in range(300):
        programs = Generator(seed).roots()
        expected = expect_roots(programs)
        for program in programs:
            for run in _execute(program, seed):
                own = expected[run.program.id].own
                assert set(run.marks) <= set(own)
                for label, count in own.items():
                    assert count.allows(run.marks[label]), (seed, run.program.id, label, run.marks[label], count)


def test_the_oracle_refuses_another_output() -> None:
    program = Program("run1", Seq((Step("step1", 5),)))
    wanted = expect_roots([program])["run1"]
    assert wanted.accepts([5])
    assert not wanted.accepts([6])
    assert not wanted.accepts([])
    assert wanted.statuses == {"COMPLETED"}


def test_one_seed_is_one_program() -> None:
    assert Generator(7).roots() == Generator(7).roots()
