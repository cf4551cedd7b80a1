"""`make sim SEEDS=10000 OFFSET=500000`: simulate these seeds, with evict_after 0 and never."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.postgres import fresh_schema, serving
from tests.sim.databases import PostgresSchema
from tests.sim.run import EVICT_AFTER_MS, replay, run_seed


def main() -> int:
    """The exit code: 1 if a seed failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.sim", description=__doc__)
    parser.add_argument("--seeds", type=int, default=2_000)
    parser.add_argument("--offset", type=int, default=0)
    parser.add_argument("--postgres", action="store_true", help="on a PostgreSQL of its own, instead of a file")
    parser.add_argument("--stop-after", type=int, default=10, help="failing seeds to print before stopping")
    given = parser.parse_args()
    if not given.postgres:
        return _simulate(given, None)
    with _schema() as schema:
        return _simulate(given, schema)


@contextmanager
def _schema() -> Iterator[PostgresSchema]:
    with serving() as server, fresh_schema(server) as url:
        schema = PostgresSchema(url)
        yield schema
        schema.close()


def _simulate(given: argparse.Namespace, schema: PostgresSchema | None) -> int:
    broken = 0
    started = time.monotonic()
    for count, seed in enumerate(range(given.offset, given.offset + given.seeds), 1):
        for evict_after_ms in EVICT_AFTER_MS:
            if failures := run_seed(seed, evict_after_ms, schema):
                broken += 1
                print(replay(seed, evict_after_ms, failures, schema), flush=True)
        if broken >= given.stop_after:
            break
        if count % 100 == 0 or count == given.seeds:
            rate = count / (time.monotonic() - started)
            print(f"{count} of {given.seeds} seeds, {broken} failed, {rate:.1f} seeds/s", file=sys.stderr, flush=True)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
