"""Knows when the process at the other end of a socket is gone."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
import sys

from runcast.wire import Sink


class ProcessEnd:
    """The end of a process, which the end of its socket alone does not say.

    Linux gives a handle that cannot mean another process later; elsewhere the socket's own end must do. Of a process on
    another machine nothing is known: it counts as gone once it has had the time to stop by itself.
    """

    def __init__(self, writer: Sink) -> None:
        self._handle: int | None = None
        peer: socket.socket | None = writer.get_extra_info("socket")
        self._is_far = peer is None or peer.family != socket.AF_UNIX
        if sys.platform == "linux" and peer is not None and not self._is_far:
            pid, _, _ = struct.unpack("3i", peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
            try:
                self._handle = os.pidfd_open(pid)
            except OSError:
                pass  # gone already, or a kernel without pidfd

    async def within(self, timeout_s: float) -> bool:
        """Whether the process ended before `timeout_s` passed; of a far one, True after it."""
        if self._is_far:
            await asyncio.sleep(timeout_s)
            return True
        if self._handle is None:
            return True
        ended: asyncio.Event = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_reader(self._handle, ended.set)
        try:
            async with asyncio.timeout(timeout_s):
                await ended.wait()
        except TimeoutError:
            return False
        finally:
            loop.remove_reader(self._handle)
        return True

    def close(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
