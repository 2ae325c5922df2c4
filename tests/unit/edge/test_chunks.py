"""However the network cuts what a client sends, the edge understands the same."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from hypothesis import given, settings
from hypothesis import strategies as st

from lazaretto.edge.server import EdgeServer, ListenAddress, serve_edge
from lazaretto.edge.settings import EdgeSettings
from lazaretto.testing.edge_fakes import ACME, OTHER, FixedDirectory, MemorySpool

MAIL = (
    b"MAIL FROM:<ann@sender.example>\r\nRCPT TO:<bob@customer.example>\r\n"
    b"RCPT TO:<x@customer.example>\r\nDATA\r\n"
)
GROUPS = (
    b"EHLO sender.example\r\n",
    MAIL,
    b"Subject: one\r\n\r\n..dot\r\nLF\nCR\rend\n.\r\n.\r\n" + MAIL,
    b"\r\n.\r\nRSET\r\nNOOP\r\nMAIL FROM:<>\r\nRCPT TO:<olga@other.example>\r\nDATA\r\n",
    b"three: 3\r\n.\r\nQUIT\r\n",
)
ANSWERS = (1, 4, 5, 6, 2)


class PaperTransport:
    """A transport that keeps what is written and delivers nothing."""

    def __init__(self) -> None:
        self.written = bytearray()
        self.is_closed = False

    def write(self, octets: bytes) -> None:
        self.written += octets

    def close(self) -> None:
        self.is_closed = True

    def get_extra_info(self, name: str) -> object:
        return ("192.0.2.1", 1234) if name == "peername" else None

    def set_write_buffer_limits(self, high: int) -> None:
        assert high > 0

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass

    @property
    def replies(self) -> int:
        """How many replies were written whole."""
        lines = bytes(self.written).split(b"\r\n")
        return sum(line[3:4] == b" " for line in lines)


def an_edge(spool: MemorySpool, **changes: Any) -> EdgeServer:
    limits = EdgeSettings(banner_delay=0, **changes)
    return serve_edge(
        limits, spool.seams(FixedDirectory(ACME, OTHER)), [ListenAddress("", 0)], host_name="mx.example"
    )


async def converse(chunks_of_groups: list[list[bytes]]) -> tuple[bytes, list[tuple[str, list[str], bytes]]]:
    spool, transport = MemorySpool(), PaperTransport()
    wire = an_edge(spool)._new_wire()
    wire.connection_made(cast(asyncio.BaseTransport, transport))
    wanted = 1
    for chunks, answers in zip(chunks_of_groups, ANSWERS, strict=True):
        await _until_answered(transport, wanted)
        for chunk in chunks:
            wire.data_received(chunk)
            await asyncio.sleep(0)
        wanted += answers
    await _until_answered(transport, wanted)
    wire.connection_lost(None)
    kept = [
        (
            one.envelope.reverse_path,
            [each.address for each in one.envelope.recipients],
            one.content.octets or b"",
        )
        for one, _ in spool.kept
    ]
    replies = b"\n".join(line.partition(b" as ")[0] for line in bytes(transport.written).split(b"\r\n"))
    return replies, kept


async def _until_answered(transport: PaperTransport, wanted: int) -> None:
    for _ in range(200):
        if transport.replies >= wanted:
            return
        await asyncio.sleep(0)
    raise AssertionError(f"{transport.replies} of {wanted} replies: {bytes(transport.written)!r}")


WHOLE = [[group] for group in GROUPS]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_however_a_dialogue_is_cut_the_messages_are_the_same(data: st.DataObject) -> None:
    pieces = []
    for group in GROUPS:
        cuts = sorted(data.draw(st.lists(st.integers(0, len(group)), max_size=6)))
        pieces.append([group[a:b] for a, b in zip([0, *cuts], [*cuts, len(group)], strict=True)])

    assert asyncio.run(converse(pieces)) == asyncio.run(converse(WHOLE))


async def test_the_whole_dialogue_is_three_messages() -> None:
    _, kept = await converse(WHOLE)

    assert kept == [
        (
            "ann@sender.example",
            ["bob@customer.example"],
            b"Subject: one\r\n\r\n.dot\r\nLF\r\nCR\r\nend\r\n.\r\n",
        ),
        ("ann@sender.example", ["bob@customer.example"], b"\r\n"),
        ("", ["olga@other.example"], b"three: 3\r\n"),
    ]


async def test_octet_by_octet_is_no_different() -> None:
    octets = [[bytes([octet]) for octet in group] for group in GROUPS]

    assert await converse(octets) == await converse(WHOLE)
