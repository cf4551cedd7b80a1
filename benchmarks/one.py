"""One measurement: carries out the order on its command line and prints the values as one line of JSON."""

from __future__ import annotations

import asyncio
import importlib
import json
import sys

from benchmarks.benchmark import Values
from benchmarks.lab import Lab, Order


def main() -> None:
    order = Order(**json.loads(sys.argv[1]))
    act = getattr(importlib.import_module(order.module), order.act)
    values: Values = asyncio.run(act(Lab(order)))
    print(json.dumps(values), flush=True)


if __name__ == "__main__":
    main()
