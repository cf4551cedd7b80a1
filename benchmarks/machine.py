"""The machine itself: its disk sync time, memory in use, and how much of the processor others took."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import time
from pathlib import Path

SYNCS = 50
SYNC_PACE_S = 0.02
"""Between two syncs, as in `latency`: a disk and a processor that were asleep take twice as long as busy ones."""
SYNC_PAGES = 7
"""What one commit appends: that of a trigger and its claim seven pages, that of a result four."""
QUIET_CORES = 0.25
QUIET_LOOK_S = 0.2
_HEADER = b"\x5a" * 24
_PAGE = b"\x5a" * 4096


def sync_ms(directory: Path, *, syncs: int = SYNCS) -> float:
    """The median milliseconds of one `fdatasync` in `directory`, one every 20 ms, each after what a commit appends.

    That is as SQLite writes its log: for each page a header and the page. The writes themselves are not counted.
    """
    path = directory / "sync-probe"
    handle = os.open(path, os.O_CREAT | os.O_WRONLY, 0o600)
    sync = getattr(os, "fdatasync", os.fsync)
    times = []
    try:
        for _ in range(syncs):
            time.sleep(SYNC_PACE_S)
            for part in (_HEADER, _PAGE) * SYNC_PAGES:
                os.write(handle, part)
            begun = time.perf_counter()
            sync(handle)
            times.append(time.perf_counter() - begun)
    finally:
        os.close(handle)
        path.unlink()
    return statistics.median(times) * 1000


def resident_mb(pid: int | None = None) -> float:
    """Memory that a process (default: this one) holds, in megabytes."""
    process = os.getpid() if pid is None else pid
    status = Path(f"/proc/{process}/statm")
    if status.exists():
        return int(status.read_text().split()[1]) * resource.getpagesize() / 1e6
    shown = subprocess.run(["ps", "-o", "rss=", "-p", str(process)], capture_output=True, text=True, check=True)
    return int(shown.stdout) * 1024 / 1e6


def private_mb() -> float:
    """Memory of this process that no file backs, in megabytes: what a database's pages, mapped, do not count in."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resident_mb()
    lines = (line.split() for line in status.read_text().splitlines())
    return next(int(line[1]) for line in lines if line[0] == "RssAnon:") * 1024 / 1e6


class ForeignLoad:
    """How many cores processes outside of this measurement used since it was created (0 where that is unknown)."""

    def __init__(self) -> None:
        self._begun = time.perf_counter()
        self._busy = _busy_s()
        self._own = _own_s()

    def cores(self) -> float:
        """The mean number of cores that others kept busy."""
        elapsed = time.perf_counter() - self._begun
        return max(0.0, (_busy_s() - self._busy) - (_own_s() - self._own)) / elapsed


def wait_for_quiet(limit_s: float) -> None:
    """Wait until others use less than `QUIET_CORES`, at most `limit_s`: the result says how quiet it was."""
    deadline = time.perf_counter() + limit_s
    while time.perf_counter() < deadline:
        load = ForeignLoad()
        time.sleep(QUIET_LOOK_S)
        if load.cores() < QUIET_CORES:
            return


def _busy_s() -> float:
    """Processor seconds that all processes of the machine used since it started."""
    stat = Path("/proc/stat")
    if not stat.exists():
        return 0.0
    user, nice, system, _idle, _iowait, irq, softirq = (int(word) for word in stat.read_text().split()[1:8])
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


def _own_s() -> float:
    """Processor seconds that this process and its ended children used."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in used)
