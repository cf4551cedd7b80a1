"""`make sim SEEDS=10000 OFFSET=500000`: simulate these seeds, with evict_after 0 and never."""

from __future__ import annotations

import argparse
import sys
import time

from tests.sim.run import EVICT_AFTER_MS, replay, run_seed


def main() -> int:
    """The exit code: 1 if a seed failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.sim", description=__doc__)
    parser.add_argument("--seeds", type=int, default=2_000)
    parser.add_argument("--offset", type=int, default=0)
    parser.add_argument("--stop-after", type=int, default=10, help="failing seeds to print before stopping")
    given = parser.parse_args()
    broken = 0
    started = time.monotonic()
    for count, seed in enumerate(range(given.offset, given.offset + given.seeds), 1):
        for evict_after_ms in EVICT_AFTER_MS:
            if failures := run_seed(seed, evict_after_ms):
                broken += 1
                print(replay(seed, evict_after_ms, failures), flush=True)
        if broken >= given.stop_after:
            break
        if count % 100 == 0 or count == given.seeds:
            rate = count / (time.monotonic() - started)
            print(f"{count} of {given.seeds} seeds, {broken} failed, {rate:.1f} seeds/s", file=sys.stderr, flush=True)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
