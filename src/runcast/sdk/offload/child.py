"""The process of the pool itself: executes what it is sent, and ends with the worker that started it."""

from __future__ import annotations

import os
import signal
import socket
import threading
from multiprocessing.spawn import prepare
from queue import SimpleQueue

from runcast.sdk.offload.far import execute
from runcast.sdk.resource import close_process_resources


def serve(fd: int, main: dict[str, str]) -> None:
    """Execute bodies from the socket `fd` until told to leave."""
    sock = socket.socket(fileno=fd)
    os.set_inheritable(fd, False)
    bodies: SimpleQueue[bytes] = SimpleQueue()
    threading.Thread(target=_receive, args=(sock, bodies), daemon=True).start()
    prepare(main)
    while body := bodies.get():
        answer = execute(body)
        try:
            sock.sendall(len(answer).to_bytes(4) + answer)
        except OSError:
            break
    close_process_resources()


def _receive(sock: socket.socket, bodies: SimpleQueue[bytes]) -> None:
    """Read while bodies execute: the end of the socket is the end of the worker, and of everything here."""
    file = sock.makefile("rb")
    try:
        while len(size := file.read(4)) == 4:
            body = file.read(int.from_bytes(size))
            bodies.put(body)
            if not body:
                return
    except OSError:
        # The same, told in another way.
        pass
    os.killpg(0, signal.SIGKILL)
