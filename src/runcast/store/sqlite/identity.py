"""Knows which file a database was opened from, and whether it is still the one at its path."""

from __future__ import annotations

from pathlib import Path


class FileIdentity:
    """A file as it is when this is made. An open file keeps its number on its device, so no other can have it."""

    def __init__(self, path: Path) -> None:
        self._path = path.absolute()
        self._opened = _identity(self._path)

    def find_loss(self) -> str | None:
        """What happened, in a sentence, if another file or none is at the path now."""
        try:
            found = _identity(self._path)
        except (FileNotFoundError, NotADirectoryError):
            found = None
        except OSError:
            # Nobody can tell: a directory without rights for us, a share that does not answer.
            return None
        if found == self._opened:
            return None
        what = "deleted or moved away" if found is None else "replaced by another file"
        return (
            f"{self._path} was {what} while it was in use: what would be written now, nobody could read. Start again."
        )


def _identity(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_dev, found.st_ino
