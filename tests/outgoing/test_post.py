"""Requests on their way: to the address that was checked, not after redirects, bounded in time and size."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from pathlib import Path

import httpx2
import pytest

from runcast.domain.delivery import Answer
from runcast.outgoing.addresses import parse_allowed
from runcast.outgoing.guard import Guard, OutgoingRefused
from runcast.outgoing.post import Post
from runcast.outgoing.transport import GuardedTransport
from tests.outgoing.receiver import Receiver, Reply
from tests.sdk.certificates import make_certificate

LOOPBACK = parse_allowed(["127.0.0.0/8"])


async def send(receiver: Receiver, guard: Guard | None = None) -> Answer:
    post = Post(guard or Guard(LOOPBACK))
    try:
        return await post.send(receiver.url, b"{}", {"x-of-ours": "1"})
    finally:
        await post.close()


async def test_a_body_arrives_as_it_was_given(receiver: Receiver) -> None:
    answer = await send(receiver)
    assert (answer.status, answer.error) == (200, None)
    received = receiver.next()
    assert (received.body, received.path, received.headers["x-of-ours"]) == (b"{}", "/hooks/runs", "1")
    assert received.headers["host"] == f"127.0.0.1:{receiver.port}"


async def test_without_permission_nothing_is_sent_to_this_machine(receiver: Receiver) -> None:
    answer = await send(receiver, Guard())
    assert answer.is_final
    assert answer.error == "127.0.0.1 is not of the public internet; the setting outgoing_private can allow it"
    assert receiver.requests.empty()


async def test_an_answer_that_changes_after_the_check_changes_nothing(receiver: Receiver) -> None:
    asked: list[str] = []

    async def rebind(host: str, port: int) -> list[str]:
        """Allowed the first time, forbidden ever after."""
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.1"]

    post = Post(Guard(LOOPBACK, rebind))
    answer = await post.send(f"http://rebind.example:{receiver.port}/", b"", {})
    await post.close()
    assert (answer.status, asked) == (200, ["rebind.example"])
    assert receiver.next().headers["host"] == f"rebind.example:{receiver.port}"


async def test_a_name_that_leads_inside_is_refused(receiver: Receiver) -> None:
    async def inside(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    post = Post(Guard(resolve=inside))
    answer = await post.send(f"http://innocent.example:{receiver.port}/", b"", {})
    await post.close()
    assert answer.is_final
    assert receiver.requests.empty()


async def test_the_next_address_is_tried_when_one_does_not_answer(receiver: Receiver) -> None:
    async def two(host: str, port: int) -> list[str]:
        return ["127.0.0.2", "127.0.0.1"]

    post = Post(Guard(LOOPBACK, two))
    answer = await post.send(f"http://two.example:{receiver.port}/", b"", {})
    await post.close()
    assert answer.status == 200


async def test_a_redirect_is_no_success_and_is_not_followed(receiver: Receiver) -> None:
    receiver.answer = lambda _: Reply(307, (("location", "http://169.254.169.254/latest/meta-data"),))
    answer = await send(receiver)
    assert (answer.status, answer.error) == (307, "HTTP 307")
    receiver.next()
    assert receiver.requests.empty()


async def test_whoever_follows_redirects_is_checked_at_each(receiver: Receiver) -> None:
    receiver.answer = lambda _: Reply(302, (("location", "http://10.0.0.1/"),))
    transport = GuardedTransport(Guard(LOOPBACK))
    async with httpx2.AsyncClient(transport=transport, follow_redirects=True) as client:
        with pytest.raises(OutgoingRefused, match=r"10\.0\.0\.1 is not of the public internet"):
            await client.get(receiver.url)


async def test_a_url_with_a_password_is_not_sent(receiver: Receiver) -> None:
    async with httpx2.AsyncClient(transport=GuardedTransport(Guard(LOOPBACK))) as client:
        with pytest.raises(OutgoingRefused, match="password"):
            await client.get(receiver.url.replace("http://", "http://ada:secret@"))


async def test_a_long_answer_is_not_read_to_its_end(receiver: Receiver) -> None:
    receiver.answer = lambda _: Reply(500, body=b"x" * 10_000_000)
    answer = await send(receiver)
    assert (answer.status, answer.is_final) == (500, False)
    assert answer.error == "HTTP 500: " + "x" * 500


async def test_whoever_reads_answers_reads_up_to_a_bound(receiver: Receiver) -> None:
    receiver.answer = lambda _: Reply(body=b"x" * 1_000_000)
    transport = GuardedTransport(Guard(LOOPBACK), response_bytes_max=65_536)
    async with httpx2.AsyncClient(transport=transport) as client:
        with pytest.raises(OutgoingRefused, match="more than 65,536 bytes"):
            await client.get(receiver.url)


async def test_what_may_let_anybody_in_is_in_no_log(receiver: Receiver, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    await send(receiver)
    assert caplog.records
    assert "hooks/runs" not in caplog.text


async def test_of_a_refusal_the_beginning_is_kept(receiver: Receiver) -> None:
    receiver.answer = lambda _: Reply(400, body=b"no such hook" + b"." * 10_000)
    answer = await send(receiver)
    assert answer.status == 400
    assert answer.error is not None
    assert answer.error.startswith("HTTP 400: no such hook")
    assert len(answer.error) < 600
    assert not answer.is_final


async def test_one_that_is_gone_is_left_alone_and_one_that_is_busy_says_for_how_long(receiver: Receiver) -> None:
    receiver.answer = lambda _: Reply(410)
    assert (await send(receiver)).is_final
    receiver.answer = lambda _: Reply(503, (("retry-after", "90"),))
    assert (await send(receiver)).wait_s == 90


async def test_a_receiver_that_says_nothing_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        post = Post(Guard(LOOPBACK), timeout_s=0.2)
        answer = await post.send(f"http://127.0.0.1:{silent.getsockname()[1]}/", b"", {})
        await post.close()
    assert answer.status is None
    assert answer.error is not None
    assert not answer.is_final


async def test_one_that_dribbles_is_given_up_all_the_same() -> None:
    """Each byte comes in time, and the whole never does."""
    stopped = threading.Event()

    def dribble(server: socket.socket) -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(65_536)
            connection.sendall(b"HTTP/1.1 500 no\r\n\r\n")
            while not stopped.wait(0.05):
                try:
                    connection.sendall(b"x")
                except OSError:
                    return

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=dribble, args=(server,))
        thread.start()
        post = Post(Guard(LOOPBACK), timeout_s=0.5)
        try:
            answer = await asyncio.wait_for(
                post.send(f"http://127.0.0.1:{server.getsockname()[1]}/", b"", {}), timeout=10
            )
        finally:
            stopped.set()
            thread.join()
            await post.close()
    assert answer.error == "no answer within 0.5 s"


async def test_the_certificate_is_that_of_the_name_and_not_of_its_address(tmp_path: Path) -> None:
    asked: list[str | None] = []

    async def loopback(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    made = make_certificate(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(made.cert, made.key)
    context.sni_callback = lambda _socket, name, _context: asked.append(name)

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 204 ok\r\nconnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0, ssl=context)
    async with server:
        port = server.sockets[0].getsockname()[1]
        trusting = ssl.create_default_context(cafile=str(made.cert))
        transport = GuardedTransport(Guard(LOOPBACK, loopback), context=trusting)
        async with httpx2.AsyncClient(transport=transport) as client:
            assert (await client.get(f"https://127.0.0.1:{port}/")).status_code == 204
            # The certificate is good for 127.0.0.1, where the connection goes, and not for the name that was asked for.
            with pytest.raises(httpx2.ConnectError, match="certificate"):
                await client.get(f"https://hooks.example:{port}/")
        async with httpx2.AsyncClient(transport=GuardedTransport(Guard(LOOPBACK, loopback))) as client:
            with pytest.raises(httpx2.ConnectError, match="certificate"):
                await client.get(f"https://127.0.0.1:{port}/")
    assert "hooks.example" in asked


@pytest.mark.parametrize("url", ["http://", "nonsense", "http://a..b/", "http://x\x00y/", "http://" + "a" * 300])
async def test_what_is_no_url_is_an_answer_too(url: str) -> None:
    post = Post(Guard())
    answer = await post.send(url, b"", {})
    await post.close()
    assert answer.error


async def test_a_port_that_nobody_listens_on_is_an_answer_too() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    post = Post(Guard(LOOPBACK))
    answer = await post.send(f"http://127.0.0.1:{port}/", b"", {})
    await post.close()
    assert answer.error is not None
    assert answer.error.startswith("ConnectError")
