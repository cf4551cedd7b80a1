"""The process in which the model runs: it says its address, and ends when whoever started it does.

python -m runcast.apps.leads.providers.local_llm.serve model.gguf
"""

from __future__ import annotations

import sys
from typing import Any

CONTEXT_TOKENS = 4_096
THREADS = 2


def main() -> None:
    """Serve until the standard input ends, which it also does when the parent is killed."""
    import xllamacpp  # type: ignore[import-untyped]  # it ships no types

    llama: Any = xllamacpp

    params = llama.CommonParams()
    params.model.path = sys.argv[1]
    params.n_ctx = CONTEXT_TOKENS
    params.n_parallel = 1
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.cpuparams.n_threads = THREADS
    server = llama.Server(params)
    sys.stdout.write(f"{server.listening_address}\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main()
