"""The command line: `python -m benchmarks NAME… [--database …] [--peers …] [--quick] [--json] [--profile]
[--against REV [--pairs N]]`."""

from __future__ import annotations

import argparse
import sys

from benchmarks import peers as peer_environment
from benchmarks.against import NoSuchRevision, compare
from benchmarks.profiling import print_profile
from benchmarks.report import Record, print_table
from benchmarks.run import Suite
from benchmarks.subjects import PEERS
from benchmarks.suite import BENCHMARKS


def main() -> int:
    options = _arguments()
    chosen = [
        benchmark.on(options.database)
        for name, benchmark in BENCHMARKS.items()
        if name in options.names or (not options.names and options.database in benchmark.databases)
    ]
    if options.profile:
        return print_profile(chosen if options.names else [BENCHMARKS["throughput"]])
    if options.against:
        try:
            return compare(chosen, options.against, pairs=options.pairs, quick=options.quick, as_json=options.json)
        except NoSuchRevision as error:
            print(error, file=sys.stderr)
            return 2
    suite = Suite(database=options.database, peers=_installed(options.peers), quick=options.quick)
    records: list[Record] = []
    for record in suite.records(chosen):
        records.append(record)
        if options.json:
            print(record.line(), flush=True)
    if not options.json:
        print_table(chosen, records)
    return 1 if suite.failures else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure Runcast beside its peers.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(BENCHMARKS)} (default: all)")
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--peers", default=",".join(PEERS), help="names with commas between, or none")
    parser.add_argument("--quick", action="store_true", help="smaller and fewer: all of them in under two minutes")
    parser.add_argument("--json", action="store_true", help="one JSON line for each median, as soon as it is known")
    parser.add_argument("--profile", action="store_true", help="say where the time of one run goes, instead")
    parser.add_argument("--against", metavar="REV", help="measure this tree and that git revision in turns, instead")
    parser.add_argument("--pairs", type=int, default=0, help="how many turns (default: 10, with --quick 3)")
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in BENCHMARKS]
    if unknown:
        parser.error(f"no benchmark is called {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    return options


def _installed(names: str) -> list[str]:
    """The peers that were asked for, installed; without them the run goes on alone, and says so."""
    wanted = [name for name in names.split(",") if name and name != "none"]
    unknown = [name for name in wanted if name not in PEERS]
    if unknown:
        raise SystemExit(f"no peer is called {', '.join(unknown)}; there are {', '.join(PEERS)}")
    if not wanted:
        return []
    try:
        peer_environment.ensure_installed()
    except peer_environment.PeersUnavailable as error:
        print(f"The peers could not be installed, measuring Runcast alone: {error}", file=sys.stderr)
        return []
    return wanted


if __name__ == "__main__":
    sys.exit(main())
