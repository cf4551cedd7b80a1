"""One measurement: carries out the order on its command line and prints the values as one line of JSON."""

from __future__ import annotations

import asyncio
import importlib
import json
import sys

from benchmarks.benchmark import Values
from benchmarks.lab import Lab, Order
from benchmarks.sampler import profiled


def main() -> None:
    order = Order(**json.loads(sys.argv[1]))
    act = getattr(importlib.import_module(order.module), order.act)
    lab = Lab(order)
    values: Values = asyncio.run(profiled(act(lab), runs=lab.size["runs"]) if order.profile else act(lab))
    print(json.dumps(values), flush=True)


if __name__ == "__main__":
    main()
