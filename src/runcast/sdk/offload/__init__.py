"""`offload`: step bodies on processes, Dask or Ray: `@step(on="dask")`; the run and its record stay where they are."""

from __future__ import annotations

from runcast.sdk.offload.body import Body
from runcast.sdk.offload.dask import Dask
from runcast.sdk.offload.far import execute
from runcast.sdk.offload.places import Executor, use
from runcast.sdk.offload.processes import Processes
from runcast.sdk.offload.ray import Ray

__all__ = ["Body", "Dask", "Executor", "Processes", "Ray", "execute", "use"]
