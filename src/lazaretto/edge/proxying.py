"""Reading a balancer's PROXY header off a connection before its session begins."""

from __future__ import annotations

import asyncio

from lazaretto.edge.proxy_header import BadHeader, Proxied, read_proxy_header
from lazaretto.edge.wire import PeerGone, TimedOut, Wire


async def said_by_balancer(wire: Wire, seconds: float) -> Proxied | None:
    """Return what the header says; None when none came in time, or a wrong one.

    What the client itself said behind the header stays on the wire.
    """
    deadline = asyncio.get_running_loop().time() + seconds
    octets = b""
    try:
        while True:
            octets += await wire.block(deadline)
            said = read_proxy_header(octets)
            if said is not None:
                wire.unread(octets[said.length :])
                return said
    except (BadHeader, PeerGone, TimedOut):
        return None
