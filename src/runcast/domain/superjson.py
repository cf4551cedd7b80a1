"""superjson documents, as the official clients write payloads: `{"json": view, "meta": {"values": …}}`.

The view is plain JSON in which dates, sets, big integers and the like are written as text or lists; the meta says where
they are. Tasks get the view: their parameters' types decide what a text becomes. The meta is kept, so that a client reads
back what it sent. https://github.com/flightcontrolhq/superjson describes the format.
"""

from __future__ import annotations

import msgspec

from runcast.domain.errors import InvalidInput

DEPTH_MAX = 100
META_BYTES_MAX = 256 * 1024
_HOSTILE = frozenset({"__proto__", "constructor", "prototype"})


class Document(msgspec.Struct, frozen=True, omit_defaults=True):
    """Both parts as JSON text."""

    json: msgspec.Raw = msgspec.Raw(b"")
    meta: msgspec.Raw = msgspec.Raw(b"")


_DECODER = msgspec.json.Decoder(Document)


def split(text: str) -> tuple[str, str | None]:
    """View and meta of a document, as JSON text. A document without a view stands for `undefined`: its view is null.

    Raises `InvalidInput` for what is no document, or hostile.

    >>> split('{"json":["1970-01-01T00:00:00.000Z"],"meta":{"values":{"0":["Date"]}}}')
    ('["1970-01-01T00:00:00.000Z"]', '{"values":{"0":["Date"]}}')
    """
    try:
        document = _DECODER.decode(text)
        view = bytes(document.json).decode() or "null"
        meta = bytes(document.meta).decode()
        if meta:
            _check_meta(meta)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise InvalidInput(f"payload is no superjson document: {error}") from error
    return view, meta or None


def join(view: str, meta: str | None) -> str:
    """The document of a view and its meta."""
    return f'{{"json":{view},"meta":{meta}}}' if meta else f'{{"json":{view}}}'


def _check_meta(meta: str) -> None:
    if len(meta) > META_BYTES_MAX:
        raise InvalidInput(f"superjson meta has {len(meta):,} characters, the limit is {META_BYTES_MAX:,}")
    _check_paths(msgspec.json.decode(meta), 0)


def _check_paths(tree: object, depth: int) -> None:
    if depth > DEPTH_MAX:
        raise InvalidInput("superjson meta is nested too deeply")
    if isinstance(tree, dict):
        for path, below in tree.items():
            if not _HOSTILE.isdisjoint(path.split(".")):
                raise InvalidInput(f"superjson meta names the path {path[:100]!r}")
            _check_paths(below, depth + 1)
    elif isinstance(tree, list):
        for below in tree:
            _check_paths(below, depth + 1)
