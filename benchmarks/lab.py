"""The inside of one measurement: its sizes, its directory, its ledger, its subject, and further processes it needs."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path

from benchmarks.benchmark import Values
from benchmarks.databases import fresh_database
from benchmarks.ledger import ENVIRONMENT_NAME, Ledger
from benchmarks.subjects import Subject, create_subject

ROOT = Path(__file__).resolve().parent.parent
AGAIN_TIMEOUT_S = 180


class MeasurementFailed(Exception):
    """A measurement's process ended without a result; the message holds the end of what it printed."""


@dataclass(frozen=True)
class Order:
    """What a fresh process is asked to do: call the function `act` of module `module` with these settings."""

    module: str
    act: str
    subject: str
    size: dict[str, int]
    directory: str
    """The measurement's own directory: fresh, and removed afterwards."""
    shared: str
    """A directory that lives as long as the whole invocation."""
    database: str = ""
    """Path of the file, or address of the database; empty: a fresh one."""
    postgres: str = ""
    """Address of the server on which each measurement has a database of its own; empty: SQLite."""
    source: str = ""
    """Where Runcast is imported from; empty: as it is installed."""


@dataclass(frozen=True)
class Lab:
    """One measurement in progress."""

    order: Order

    @property
    def size(self) -> Mapping[str, int]:
        return self.order.size

    @property
    def directory(self) -> Path:
        return Path(self.order.directory)

    @property
    def shared(self) -> Path:
        return Path(self.order.shared)

    def ledger(self, rows: int) -> Ledger:
        """A fresh ledger for the bodies of this measurement."""
        return Ledger.create(self.directory / "ledger", rows)

    @cached_property
    def database(self) -> str:
        if self.order.database:
            return self.order.database
        if self.order.postgres:
            return fresh_database(self.order.postgres)
        return str(self.directory / "bench.db")

    @asynccontextmanager
    async def subject(self, *, slots: int = 0, evict_after_s: float | None = None) -> AsyncIterator[Subject]:
        """The subject, opened and warm; closed afterwards. `slots`: how many bodies it must be able to run at once."""
        subject = create_subject(self.order.subject, self.database)
        await subject.open(slots=slots, evict_after_s=evict_after_s)
        try:
            yield subject
        finally:
            await subject.close()

    def start(self, act: str, **size: int) -> Process:
        """Start another act of this benchmark on the same database and ledger, in a process of its own."""
        order = replace(self.order, act=act, size={**self.size, **size}, database=self.database)
        return Process(sys.executable, order)

    async def again(
        self, act: str, *, module: str = "", database: str = "", size: Mapping[str, int] | None = None
    ) -> Values:
        """Another measurement, in a fresh process with a fresh directory, on a fresh database unless one is named."""
        directory = self.directory / f"{module or 'again'}-{act}-{len(list(self.directory.iterdir()))}"
        directory.mkdir()
        order = replace(
            self.order,
            module=module or self.order.module,
            act=act,
            size={**self.size, **(size or {})},
            directory=str(directory),
            database=database,
        )
        return await asyncio.to_thread(Process(sys.executable, order).values, AGAIN_TIMEOUT_S)


def _environment(order: Order) -> dict[str, str]:
    source = {"PYTHONPATH": order.source} if order.source else {}
    return {**os.environ, "PYTHONDONTWRITEBYTECODE": "", ENVIRONMENT_NAME: f"{order.directory}/ledger", **source}


class Process:
    """A process that carries out one order, with its own process group, so that all it started ends with it."""

    def __init__(self, python: str, order: Order) -> None:
        self._errors = Path(order.directory) / f"{order.act}.stderr"
        self._name = f"{order.subject} {order.module.rpartition('.')[2]} ({order.act})"
        with self._errors.open("ab") as errors:
            self._process = subprocess.Popen(
                [python, "-m", "benchmarks.one", json.dumps(asdict(order))],
                cwd=ROOT,
                env=_environment(order),
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
            )

    def values(self, timeout_s: float) -> Values:
        """What the order yields; raises `MeasurementFailed` if it fails or takes longer than `timeout_s`."""
        try:
            output, _ = self._process.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            self.kill()
            raise MeasurementFailed(f"{self._name} took longer than {timeout_s:.0f} s\n{self._tail()}") from None
        if self._process.returncode != 0:
            raise MeasurementFailed(f"{self._name} ended with {self._process.returncode}\n{self._tail()}")
        values: Values = json.loads(output.splitlines()[-1])
        return values

    @property
    def pid(self) -> int:
        return self._process.pid

    def is_running(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        """SIGKILL to the process and everything it started."""
        if self.is_running():
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.communicate()

    def _tail(self) -> str:
        return self._errors.read_text(errors="replace")[-3000:]
