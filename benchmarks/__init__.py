"""How fast Runcast is: named, reproducible measurements with peers side by side.

Run `python -m benchmarks` for all of them, or `python -m benchmarks throughput latency --quick` for some.
"""
