"""A profiler that tells threads apart: charges the processor time of each to the functions on its stack.

Waiting costs nothing, and the program runs at nearly its full speed. Linux only: it needs the clocks of single threads.
"""

from __future__ import annotations

import sys
import threading
import time
from collections import defaultdict
from collections.abc import Awaitable, Iterator
from pathlib import Path
from types import FrameType

from benchmarks.benchmark import Values

SAMPLE_S = 0.001
ALL = "(the whole thread)"


class Sampler(threading.Thread):
    """Charges processor time in microseconds: `own` to the innermost function, `total` to every function above it."""

    def __init__(self) -> None:
        super().__init__(name="sampler", daemon=True)
        self.own: defaultdict[tuple[str, str], float] = defaultdict(float)
        self.total: defaultdict[tuple[str, str], float] = defaultdict(float)
        self._used: dict[int, float] = {}
        self._ended = threading.Event()

    def run(self) -> None:
        while not self._ended.wait(SAMPLE_S):
            self._sample()

    def stop(self) -> None:
        self._ended.set()
        self.join()

    def _sample(self) -> None:
        frames = sys._current_frames()  # noqa: SLF001 - the documented way to see other threads
        for thread in threading.enumerate():
            frame = frames.get(thread.ident or 0)
            if frame is None or thread is self:
                continue
            used = _thread_us(thread)
            if used is None:
                continue
            spent = used - self._used.get(thread.ident or 0, used)
            self._used[thread.ident or 0] = used
            if spent > 0:
                self._charge(thread.name, frame, spent)

    def _charge(self, thread: str, frame: FrameType, spent: float) -> None:
        names = list(_stack(frame))
        self.own[thread, names[0]] += spent
        for name in {ALL, *names}:
            self.total[thread, name] += spent


def _thread_us(thread: threading.Thread) -> float | None:
    """Processor time of a live thread, or None when it has just ended."""
    try:
        return time.clock_gettime(time.pthread_getcpuclockid(thread.ident or 0)) * 1e6
    except OSError:
        return None


def _stack(innermost: FrameType) -> Iterator[str]:
    """`file:function`, from the innermost frame outwards."""
    frame: FrameType | None = innermost
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        yield f"{path.parent.name}/{path.name}:{frame.f_code.co_qualname}"
        frame = frame.f_back


async def profiled(measurement: Awaitable[Values], *, runs: int) -> Values:
    """What the measurement yields, and microseconds a run under `own` or `total`, thread and function."""
    sampler = Sampler()
    sampler.start()
    values: Values = dict(await measurement)
    sampler.stop()
    for kind, charged in (("own", sampler.own), ("total", sampler.total)):
        values |= {"\t".join((kind, *place)): spent / runs for place, spent in charged.items()}
    return values
