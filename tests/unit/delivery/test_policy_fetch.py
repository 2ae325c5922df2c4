"""A policy is fetched from the right host alone, under every bound, and nothing else is a policy."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from lazaretto.delivery.failures import TlsFailure
from lazaretto.delivery.networks import Networks
from lazaretto.delivery.policy_fetch import FetchFailed, PolicyFetcher
from lazaretto.testing.copies import FixedResolver

from .conftest import Authority

HOST = "mta-sts.other.example"
POLICY = b"version: STSv1\r\nmode: enforce\r\nmx: mx.other.example\r\nmax_age: 604800\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n"


def with_length(body: bytes) -> bytes:
    return OK + b"Content-Length: %d\r\n\r\n" % len(body) + body


@asynccontextmanager
async def serving(context: ssl.SSLContext, answer: bytes | None) -> AsyncIterator[tuple[int, list[bytes]]]:
    """Answer every request with ``answer``, or never; yield the port and the requests."""
    requests: list[bytes] = []
    release = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            requests.append(await reader.readuntil(b"\r\n\r\n"))
            if answer is None:
                await release.wait()
            else:
                writer.write(answer)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1], requests
        release.set()


def a_fetcher(authority: Authority, port: int, *, seconds: float = 5.0, refused: str = "") -> PolicyFetcher:
    networks = Networks(filter(None, [refused]))
    return PolicyFetcher(
        FixedResolver({HOST: {"A": ["127.0.0.1"]}}),
        may_call=lambda ip: not networks.hold(ip),
        seconds=seconds,
        port=port,
        ca_file=str(authority.file),
    )


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(with_length(POLICY), id="length"),
        pytest.param(OK + b"\r\n" + POLICY, id="to the end"),
        pytest.param(
            OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\n" + POLICY[:5] + b"\r\n"
            b"%x;a=b\r\n" % len(POLICY[5:]) + POLICY[5:] + b"\r\n0\r\n\r\n",
            id="chunks",
        ),
    ],
)
async def test_a_policy_is_fetched(authority: Authority, answer: bytes) -> None:
    async with serving(authority.issue(HOST).context(), answer) as (port, requests):
        assert await a_fetcher(authority, port).fetch("other.example") == POLICY

    assert requests[0].startswith(b"GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: mta-sts.other.example\r\n")


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        pytest.param(
            b"HTTP/1.1 302 Found\r\nLocation: https://mta-sts.other.example/other\r\n\r\n",
            TlsFailure.STS_FETCH,
            id="a redirect",
        ),
        pytest.param(b"HTTP/1.1 404 Not Found\r\n\r\n", TlsFailure.STS_FETCH, id="not found"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + POLICY,
            TlsFailure.STS_INVALID,
            id="a page",
        ),
        pytest.param(OK + b"Content-Length: 65537\r\n\r\n", TlsFailure.STS_INVALID, id="too long by length"),
        pytest.param(OK + b"\r\n" + b"x" * 70_000, TlsFailure.STS_INVALID, id="too long"),
        pytest.param(
            OK + b"Transfer-Encoding: chunked\r\n\r\nffffffff\r\n",
            TlsFailure.STS_INVALID,
            id="too long a chunk",
        ),
        pytest.param(
            OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", TlsFailure.STS_FETCH, id="chunks of nonsense"
        ),
        pytest.param(OK + b"Content-Length: -1\r\n\r\n", TlsFailure.STS_FETCH, id="negative length"),
        pytest.param(OK + b"Content-Length: 500\r\n\r\nshort", TlsFailure.STS_FETCH, id="cut off"),
        pytest.param(OK + b"X: " + b"x" * 20_000 + b"\r\n\r\n", TlsFailure.STS_FETCH, id="a long head"),
        pytest.param(b"SSH-2.0-x\r\n\r\n", TlsFailure.STS_FETCH, id="another protocol"),
        pytest.param(b"", TlsFailure.STS_FETCH, id="nothing"),
    ],
)
async def test_any_other_answer_is_no_policy(authority: Authority, answer: bytes, kind: TlsFailure) -> None:
    async with serving(authority.issue(HOST).context(), answer) as (port, requests):
        with pytest.raises(FetchFailed) as failed:
            await a_fetcher(authority, port).fetch("other.example")

    assert failed.value.kind is kind
    assert len(requests) == 1


async def test_a_host_with_another_name_is_not_asked(authority: Authority) -> None:
    async with serving(authority.issue("other.example").context(), with_length(POLICY)) as (port, requests):
        with pytest.raises(FetchFailed) as failed:
            await a_fetcher(authority, port).fetch("other.example")

    assert failed.value.kind is TlsFailure.STS_WEBPKI
    assert requests == []


async def test_a_host_of_an_unknown_issuer_is_not_asked(authority: Authority, stranger: Authority) -> None:
    async with serving(stranger.issue(HOST).context(), with_length(POLICY)) as (port, requests):
        with pytest.raises(FetchFailed) as failed:
            await a_fetcher(authority, port).fetch("other.example")

    assert failed.value.kind is TlsFailure.STS_WEBPKI
    assert requests == []


async def test_a_host_that_does_not_answer_is_given_up(authority: Authority) -> None:
    async with serving(authority.issue(HOST).context(), None) as (port, _):
        with pytest.raises(FetchFailed, match="slow"):
            await a_fetcher(authority, port, seconds=0.3).fetch("other.example")


async def test_a_host_that_cannot_be_reached_is_a_failure(authority: Authority) -> None:
    with pytest.raises(FetchFailed, match="refused"):
        await a_fetcher(authority, 1).fetch("other.example")


async def test_a_network_in_which_no_mail_host_may_be_is_not_called(authority: Authority) -> None:
    async with serving(authority.issue(HOST).context(), with_length(POLICY)) as (port, requests):
        with pytest.raises(FetchFailed, match="no usable address"):
            await a_fetcher(authority, port, refused="127.0.0.0/8").fetch("other.example")

    assert requests == []


@pytest.mark.parametrize("domain", ["a\r\nX: y.example", "a b.example", "x" * 300, "a..example"])
async def test_a_domain_that_cannot_be_asked_for_has_no_host(authority: Authority, domain: str) -> None:
    with pytest.raises(FetchFailed, match="cannot have a host"):
        await a_fetcher(authority, 1).fetch(domain)


async def test_a_domain_in_letters_of_its_own_is_asked_for_as_in_the_dns(authority: Authority) -> None:
    host = "mta-sts.xn--bcher-kva.example"
    async with serving(authority.issue(host).context(), with_length(POLICY)) as (port, requests):
        fetcher = PolicyFetcher(
            FixedResolver({host: {"A": ["127.0.0.1"]}}),
            may_call=lambda ip: True,
            port=port,
            ca_file=str(authority.file),
        )
        assert await fetcher.fetch("bücher.example") == POLICY

    assert b"Host: mta-sts.xn--bcher-kva.example\r\n" in requests[0]
