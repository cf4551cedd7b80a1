"""One process of the pool, as the worker sees it: bodies in, answers out, over a socket pair."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack, suppress
from multiprocessing.spawn import get_preparation_data

from runcast.domain.errors import BodyLost
from runcast.sdk.offload.body import Body

LEAVE_S = 2.0
"""From the word to leave to the kill."""
_PROGRAM = "import sys; sys.path[:] = {path!r}; from runcast.sdk.offload.child import serve; serve({fd}, {main!r})"


class ChildProcess:
    """A fresh interpreter that executes one body at a time.

    A process group of its own: Ctrl-C in the worker's terminal does not reach it, and a kill reaches what it forked.
    It is no `multiprocessing.Process`, because a run that has a process of its own may not start any of those.
    """

    def __init__(self) -> None:
        self.calls = 0
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._ours, theirs = socket.socketpair()
        with ExitStack() as stack, theirs:
            stack.callback(self._ours.close)
            program = _PROGRAM.format(path=sys.path, fd=theirs.fileno(), main=_main_of_this_program())
            self._process = subprocess.Popen(
                [sys.executable, "-c", program],
                stdin=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                process_group=0,
            )
            stack.pop_all()
        self._watch = _watch_end(self._process.pid, self.kill)

    async def execute(self, body: Body) -> bytes:
        """What `execute(body)` returns there. Raises `BodyLost` when the process ends before."""
        self.calls += 1
        if self._streams is None:
            self._streams = await asyncio.open_unix_connection(sock=self._ours)
        reader, writer = self._streams
        try:
            _write(writer, body.encode())
            await writer.drain()
            return await reader.readexactly(int.from_bytes(await reader.readexactly(4)))
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            await self.ended()
            raise BodyLost(f"step {body.step!r}: {_told(self._process.returncode)}") from error

    def leave(self) -> None:
        """Let it close its resources and end."""
        if self._streams is not None:
            with suppress(ConnectionError):
                _write(self._streams[1], b"")

    def kill(self) -> None:
        """Kill it, with all that it started."""
        if self._process.returncode is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def has_ended(self) -> bool:
        """True when the process is gone, and nothing of it is left here."""
        if self._process.poll() is None:
            return False
        self._let_go()
        return True

    async def ended(self) -> None:
        """Wait for its end, for a while; then kill it."""
        try:
            await asyncio.to_thread(self._process.wait, LEAVE_S)
        except subprocess.TimeoutExpired:
            self.kill()
            await asyncio.to_thread(self._process.wait)
        self._let_go()

    def _let_go(self) -> None:
        if self._watch is not None:
            _unwatch(self._watch)
            self._watch = None
        if self._streams is not None:
            self._streams[1].close()
        else:
            self._ours.close()


def _write(writer: asyncio.StreamWriter, data: bytes) -> None:
    writer.write(len(data).to_bytes(4) + data)


def _watch_end(pid: int, kill_rest: Callable[[], None]) -> int | None:
    """What it forked may outlive it with copies of its socket, which then never ends: Linux says when it is gone."""
    if sys.platform != "linux":
        return None
    handle = os.pidfd_open(pid)
    asyncio.get_running_loop().add_reader(handle, _on_end, handle, kill_rest)
    return handle


def _on_end(handle: int, kill_rest: Callable[[], None]) -> None:
    asyncio.get_running_loop().remove_reader(handle)
    kill_rest()


def _unwatch(handle: int) -> None:
    asyncio.get_running_loop().remove_reader(handle)
    os.close(handle)


def _main_of_this_program() -> dict[str, str]:
    """How the program was started, so that functions and classes of a script are found there too."""
    data = get_preparation_data("runcast-offload")
    return {name: data[name] for name in ("init_main_from_name", "init_main_from_path") if name in data}


def _told(code: int | None) -> str:
    if code == -signal.SIGKILL:
        return "its process was killed (SIGKILL), as the kernel does when memory runs out"
    if code is not None and code < 0:
        return f"its process was ended by {signal.Signals(-code).name}"
    return f"its process ended with exit code {code} before the body did"
