"""Real clusters on this machine's loopback, for `make test-clusters` alone: they take seconds to start."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runcast import offload
from runcast.sdk.offload import places

ROOT = Path(__file__).parents[2]
collect_ignore_glob = [] if os.environ.get("CLUSTERS") else ["test_*.py"]


@pytest.fixture(scope="session", autouse=True)
def importable() -> Iterator[None]:
    """Processes of clusters find the bodies of tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), str(ROOT / "src")]))
        yield


@pytest.fixture(scope="session")
def dask_scheduler() -> Iterator[str]:
    """The address of a scheduler with one worker process, which executes two bodies at once."""
    distributed: Any = pytest.importorskip("distributed", reason="Dask is not installed: pip install 'runcast[dask]'")
    options = {"n_workers": 1, "threads_per_worker": 2, "processes": True, "dashboard_address": None}
    with distributed.LocalCluster(host="127.0.0.1", silence_logs=50, **options) as cluster:
        yield cluster.scheduler_address


@pytest.fixture(scope="session")
def ray_cluster() -> Iterator[None]:
    """A Ray of this process, with room for two bodies."""
    ray: Any = pytest.importorskip("ray", reason="Ray is not installed: pip install 'runcast[ray]'")
    if os.environ["CLUSTERS"] != "open" and len(socket.if_nameindex()) > 1:
        pytest.skip("Ray listens on every interface, and there is no network namespace here: CLUSTERS=open allows it")
    options = {"include_dashboard": False, "log_to_driver": False, "_node_ip_address": "127.0.0.1"}
    ray.init("local", num_cpus=2, object_store_memory=100_000_000, **options)
    yield
    ray.shutdown()


@pytest.fixture(params=["dask", "ray"])
async def place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a place whose cluster is there."""
    monkeypatch.setattr(places, "_executors", {})
    if request.param == "dask":
        monkeypatch.setenv("RUNCAST_DASK", request.getfixturevalue("dask_scheduler"))
    else:
        request.getfixturevalue("ray_cluster")
        offload.use("ray", offload.Ray(max_retries=0))
    return request.param
