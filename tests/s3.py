"""An S3-compatible server for tests: moto's, as a process of its own on the loopback address."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import urllib.request
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

BUCKET = "runcast-test"
_ADDRESS = re.compile(r"Running on (http://127\.0\.0\.1:\d+)")


@contextmanager
def serving() -> Iterator[str]:
    """The endpoint of a server with one bucket; it lives as long as the block."""
    command = [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as server:
        try:
            endpoint = _endpoint(server)
            # It logs every request: a full pipe would stop it.
            threading.Thread(target=lambda: deque(server.stderr or (), maxlen=0), daemon=True).start()
            make = urllib.request.Request(f"{endpoint}/{BUCKET}", method="PUT")
            urllib.request.urlopen(make, timeout=30).close()
            yield endpoint
        finally:
            server.kill()


def _endpoint(server: subprocess.Popen[str]) -> str:
    assert server.stderr is not None
    for line in server.stderr:
        if match := _ADDRESS.search(line):
            return match[1]
    raise AssertionError("the S3 server ended before it listened")


def variables(endpoint: str) -> dict[str, str]:
    """What AWS's tools, and we, read from the environment."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
    }
