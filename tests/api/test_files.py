"""Files over HTTP: what is sent, to whom, and what a browser may do with it."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import httpx2
import pytest

from runcast.domain.limits import FILE_PART_BYTES_MAX, FILE_PIECE_BYTES
from tests.api.site import Site

URL = "/api/v1/files"


async def put(
    site: Site, path: str, content: Any = b"bytes", kind: str = "text/plain", **headers: str
) -> httpx2.Response:
    return await site.http.put(f"{URL}/{path}", content=content, headers={"Content-Type": kind, **headers})


async def test_a_file_is_put_got_listed_and_removed(any_site: Site) -> None:
    made = (await put(any_site, "reports/ä b.txt")).json()
    assert (made["path"], made["size"], made["contentType"]) == ("reports/ä b.txt", 5, "text/plain")
    for path in ("reports/ä b.txt", "reports%2F" + quote("ä b.txt")):
        got = await any_site.http.get(f"{URL}/{path}")
        assert (got.content, got.headers["content-type"], got.headers["etag"]) == (b"bytes", "text/plain", made["etag"])
    looked = await any_site.http.head(f"{URL}/reports/ä b.txt")
    assert (looked.headers["content-length"], looked.content) == ("5", b"")
    await put(any_site, "reports/z")
    page = await any_site.get(f"{URL}?prefix=reports/&page[size]=1")
    assert [file["path"] for file in page["data"]] == ["reports/z"]
    rest = await any_site.get(URL, params={"prefix": "reports/", "page[after]": page["pagination"]["next"]})
    assert len(rest["data"]) == 1
    assert "next" not in rest["pagination"]
    assert (await any_site.http.delete(f"{URL}/reports/z")).status_code == 204
    assert (await any_site.http.delete(f"{URL}/reports/z")).status_code == 404
    assert (await any_site.http.get(f"{URL}/reports/z")).status_code == 404


async def test_a_body_without_a_length_may_be_larger_than_a_part(any_site: Site) -> None:
    async def body() -> Any:
        for number in range(2 * FILE_PIECE_BYTES // 1024 // 1024 + 1):
            yield bytes([number]) * 1024 * 1024

    made = (await put(any_site, "large", body(), "application/zip")).json()
    assert made["size"] == 2 * FILE_PIECE_BYTES + 1024 * 1024
    start = FILE_PIECE_BYTES - 2
    piece = await any_site.http.get(f"{URL}/large", headers={"Range": f"bytes={start}-{start + 3}"})
    assert (piece.status_code, piece.content) == (206, b"\x07\x07\x08\x08")
    whole = await any_site.http.get(f"{URL}/large")
    assert len(whole.content) == made["size"]
    assert whole.content[-1] == 16


async def test_a_body_that_breaks_off_leaves_nothing(site: Site) -> None:
    async def body() -> Any:
        yield b"x" * (FILE_PIECE_BYTES + 1)
        raise ConnectionError("the client is gone")

    with pytest.raises(ConnectionError):
        await put(site, "broken", body())
    assert (await site.http.get(f"{URL}/broken")).status_code == 404


async def test_ranges_and_etags(site: Site) -> None:
    etag = (await put(site, "a", b"0123456789")).headers.get("etag") or (await site.http.head(f"{URL}/a")).headers[
        "etag"
    ]

    async def ask(**headers: str) -> tuple[int, bytes]:
        answer = await site.http.get(
            f"{URL}/a", headers={name.replace("_", "-"): text for name, text in headers.items()}
        )
        return answer.status_code, answer.content

    assert await ask(If_None_Match=f'"other", {etag}') == (304, b"")
    assert await ask(Range="bytes=2-3") == (206, b"23")
    assert await ask(Range="bytes=-2") == (206, b"89")
    assert await ask(Range="bytes=8-100") == (206, b"89")
    assert (await ask(Range="bytes=10-"))[0] == 416
    for ignored in ("bytes=3-2", "bytes=-", "bytes=0-1,3-4", "lines=1-2", "bytes=0-"):
        assert await ask(Range=ignored) == (200, b"0123456789"), ignored
    assert await ask(Range="bytes=0-1", If_Range='"old"') == (200, b"0123456789")


async def test_what_is_there_stays_unless_it_may_be_overwritten(site: Site) -> None:
    assert (await put(site, "a", b"1")).status_code == 200
    assert (await put(site, "a?overwrite=false", b"2")).status_code == 422
    assert (await put(site, "a", b"2", **{"If-None-Match": "*"})).status_code == 422
    assert (await put(site, "a?overwrite=false", b"1")).status_code == 200
    assert (await put(site, "a", b"2")).status_code == 200
    assert (await site.http.get(f"{URL}/a")).content == b"2"


@pytest.mark.parametrize(
    ("kind", "shown"),
    [("text/html", "attachment"), ("image/svg+xml", "attachment"), ("application/xhtml+xml; charset=utf-8", "attachment"),
     ("application/javascript", "attachment"), ("text/plain; charset=utf-8", "inline"), ("image/png", "inline")],
)  # fmt: skip
async def test_a_browser_executes_nothing_of_a_file(site: Site, kind: str, shown: str) -> None:
    path = quote('x"; filename=evil.html')
    await put(site, path, b"<script>", kind)
    where = (await site.get(f"/api/v1/file-urls/{path}"))["presignedUrl"]
    async with httpx2.AsyncClient() as stranger:
        got = await stranger.get(where)
    assert got.headers["content-disposition"] == f"{shown}; filename*=UTF-8''x%22%3B%20filename%3Devil.html"
    assert got.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["content-type"] == kind


async def test_hostile_paths_and_types_are_refused(site: Site) -> None:
    for path in ("%2e%2e/a", "a/%2e%2e/b", "a%00b", "a%5Cb", "a%0Ab", "x" * 1025):
        assert (await put(site, path)).status_code in (400, 404, 413), path
    assert (await put(site, "a", kind="text/html, */*")).status_code == 400
    assert (await site.http.post("/api/v1/file-uploads", json={"path": "../a"})).status_code == 400
    assert (await site.get(URL))["data"] == []


async def test_a_file_in_parts(any_site: Site) -> None:
    upload = await any_site.post("/api/v1/file-uploads", {"path": "parts", "contentType": "text/csv"})
    base = f"/api/v1/file-uploads/{upload['id']}"
    for number, content in ((2, b"b"), (1, b"x"), (1, b"a")):
        assert (await any_site.http.put(f"{base}/parts/{number}", content=content)).status_code == 200
    assert (await any_site.http.get(f"{URL}/parts")).status_code == 404
    for number in (0, -1, 1001):
        assert (await any_site.http.put(f"{base}/parts/{number}", content=b"")).status_code in (400, 404)
    too_much = b"x" * (FILE_PART_BYTES_MAX + 1)
    assert (await any_site.http.put(f"{base}/parts/3", content=too_much)).status_code == 413
    made = await any_site.post(f"{base}/finish")
    assert (made["size"], made["contentType"]) == (2, "text/csv")
    assert (await any_site.post(f"{base}/finish"))["etag"] == made["etag"]
    assert (await any_site.http.get(f"{URL}/parts")).content == b"ab"
    assert (await any_site.http.put(f"{base}/parts/3", content=b"c")).status_code == 422


async def test_an_upload_that_is_given_up_takes_no_more(site: Site) -> None:
    base = f"/api/v1/file-uploads/{(await site.post('/api/v1/file-uploads', {'path': 'a'}))['id']}"
    assert (await site.http.post(f"{base}/finish")).status_code == 422
    assert (await site.http.delete(base)).status_code == 204
    assert (await site.http.put(f"{base}/parts/1", content=b"")).status_code == 404


async def test_tokens_reach_the_files_that_they_name(site: Site) -> None:
    await put(site, "open/a")
    await put(site, "secret")
    token = site.bearer("read:files:open/a")

    async def status(method: str, path: str, headers: dict[str, str] = token) -> int:
        return (await site.http.request(method, path, headers=headers)).status_code

    assert await status("GET", f"{URL}/open/a") == 200
    assert await status("GET", "/api/v1/file-urls/open/a") == 200
    for method, path in (("GET", f"{URL}/secret"), ("GET", URL), ("PUT", f"{URL}/open/a"), ("DELETE", f"{URL}/open/a"),
                         ("GET", "/api/v1/file-urls/secret")):  # fmt: skip
        assert await status(method, path) == 403, path
    assert await status("GET", f"{URL}/open/a", site.bearer("read:files", environment="prod")) == 404
    upload = await site.post("/api/v1/file-uploads", {"path": "new"})
    foreign = site.bearer("write:files", environment="prod")
    assert await status("POST", f"/api/v1/file-uploads/{upload['id']}/finish", foreign) == 404
    assert await status("POST", f"/api/v1/file-uploads/{upload['id']}/finish") == 403


async def test_payloads_of_triggers_are_no_files(site: Site) -> None:
    where = (await site.put("/api/v2/packets/a"))["presignedUrl"]
    async with httpx2.AsyncClient() as stranger:
        await stranger.put(where, content=b"{}", headers={"Content-Type": "application/json"})
    assert (await site.http.get(f"{URL}/a")).status_code == 404
