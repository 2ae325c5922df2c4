"""What all sessions of one edge share, and who is at the other end of one of them."""

from __future__ import annotations

from dataclasses import dataclass

from lazaretto.core.address import Address
from lazaretto.edge.counters import Counters
from lazaretto.edge.doors import Door, TlsContexts
from lazaretto.edge.gates.clients import ClientMemory
from lazaretto.edge.gates.greylist import Greylist
from lazaretto.edge.gates.load import Load
from lazaretto.edge.gates.notices import NoticeRate
from lazaretto.edge.gates.proof import Shown
from lazaretto.edge.gates.rate import SendingRates
from lazaretto.edge.gates.similar import SimilarMessages
from lazaretto.edge.gates.tally import Tally
from lazaretto.edge.header_block import HeaderLimits
from lazaretto.edge.seams import Seams
from lazaretto.edge.settings import EdgeSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What all sessions of one edge share."""

    host_name: str
    settings: EdgeSettings
    seams: Seams
    header_limits: HeaderLimits
    postmaster: Address
    hop_key: bytes
    tls: TlsContexts
    counters: Counters
    load: Load
    clients: ClientMemory
    tallies: tuple[Tally, ...]
    """What is counted together with other edges."""
    rates: SendingRates
    similar: SimilarMessages
    greylist: Greylist
    notice_rate: NoticeRate
    excess_rate: NoticeRate


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who connected."""

    ip: str
    port: int
    key: str
    """Under which it is counted."""
    shown: Shown
    """What its address shows."""
    door: Door = Door.PUBLIC
