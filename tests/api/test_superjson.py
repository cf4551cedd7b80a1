"""superjson documents and packets: what a client sent is what it reads back."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runcast.api.packets import PacketType, read_packet, read_payload, write_packet
from runcast.domain.errors import InvalidInput
from runcast.domain.superjson import DEPTH_MAX, META_BYTES_MAX, join, split
from tests.api.site import Site

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)
PATHS = st.text("abc01.\\", min_size=1, max_size=8)
TREES = st.recursive(
    st.sampled_from([["Date"], ["bigint"], ["undefined"], [["custom", "buffer"]]]),
    lambda inner: st.tuples(st.sampled_from(["set", "map"]), st.dictionaries(PATHS, inner, max_size=3)).map(list),
    max_leaves=6,
)
METAS = st.fixed_dictionaries(
    {"values": st.dictionaries(PATHS, TREES, min_size=1, max_size=3)}, optional={"v": st.just(1)}
)


def encode(value: Any) -> str:
    return msgspec.json.encode(value).decode()


@given(JSON, st.none() | METAS)
def test_a_document_comes_back_as_it_was(view: Any, meta: Any) -> None:
    text = encode({"json": view} | ({} if meta is None else {"meta": meta}))
    found_view, found_meta = split(text)
    assert msgspec.json.decode(found_view) == view
    assert (None if found_meta is None else msgspec.json.decode(found_meta)) == meta
    assert msgspec.json.decode(join(found_view, found_meta)) == msgspec.json.decode(text)


@given(st.text() | st.binary().map(lambda data: data.decode("latin-1")))
def test_any_text_is_a_document_or_refused(text: str) -> None:
    try:
        view, meta = split(text)
    except InvalidInput:
        return
    assert msgspec.json.decode(join(view, meta))


@given(JSON)
def test_a_value_without_meta_is_plain_json(view: Any) -> None:
    text, kind = write_packet(encode(view))
    assert kind is PacketType.JSON
    assert msgspec.json.decode(read_packet(text, kind)[0]) == view


@given(st.text())
def test_a_text_stays_a_text(text: str) -> None:
    view, meta = read_payload(text, PacketType.TEXT)
    assert (msgspec.json.decode(view), meta) == (text, None)


def test_a_document_without_a_view_stands_for_undefined() -> None:
    assert split("{}") == ("null", None)
    assert split('{"json":null,"meta":{"values":["undefined"]}}') == ("null", '{"values":["undefined"]}')


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "5",
        '{"json":}',
        '{"json":1',
        '{"json":{},"meta":{"values":{"__proto__.x":["Date"]}}}',
        '{"json":{},"meta":{"values":{"a":["set",{"constructor":["Date"]}]}}}',
        '{"json":1,"meta":' + "[" * (DEPTH_MAX + 2) + "]" * (DEPTH_MAX + 2) + "}",
        '{"json":1,"meta":"' + "x" * META_BYTES_MAX + '"}',
        '{"json":' + "[" * 10_000,
    ],
)
def test_what_is_no_document_or_hostile_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        split(text)


async def test_a_client_reads_the_view_and_the_task_gets_it(site: Site) -> None:
    document = {"json": {"value": ["1970-01-01T00:00:00.000Z", "1"]}, "meta": {"values": {"value.0": ["Date"]}}}
    answer = await site.post(
        "/api/v1/tasks/echo/trigger", {"payload": encode(document), "options": {"payloadType": PacketType.SUPERJSON}}
    )
    await site.ended(answer["id"])
    run = await site.get(f"/api/v3/runs/{answer['id']}")
    assert run["payload"] == document["json"]
    assert run["output"] == ["1970-01-01T00:00:00.000Z", "1"]
