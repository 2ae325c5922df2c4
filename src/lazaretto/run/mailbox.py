"""The role ``mailbox``: a next hop for demonstrations, made of our own edge.

It takes mail for every domain and keeps each message as a file in ``HOME/mailbox/ADDRESS/``, so that a
newcomer can open what was delivered and see what was changed.  No production role uses it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import uvloop

from lazaretto.core.address import fold
from lazaretto.core.decision import Judgement
from lazaretto.core.identity import TenantId
from lazaretto.core.reply import Reply
from lazaretto.core.snapshot import AddressRegistration, TenantSnapshot
from lazaretto.core.submission import Commit, Submission
from lazaretto.edge.seams import Seams
from lazaretto.edge.server import ListenAddress, serve_edge
from lazaretto.edge.settings import EdgeSettings
from lazaretto.pipeline.serving import octets_of
from lazaretto.run.children import tell_ready
from lazaretto.run.home import Home
from lazaretto.run.options import RunOptions, host_and_port
from lazaretto.run.settings import Settings
from lazaretto.run.stopping import until_stopped
from lazaretto.spool.intake import Intake, discard
from lazaretto.spool.temporary import TemporaryFolder

_PIECE: Final = 1024 * 1024


class _Everybody:
    """A directory in which every domain is one and the same tenant's."""

    def tenant_of(self, domain: str) -> TenantSnapshot | None:
        return TenantSnapshot(
            tenant=TenantId(0),
            name="mailbox",
            version=0,
            domains={domain: ()},
            address_registration=AddressRegistration.OFF,
            max_message_size=1_000_000_000,
        )

    def sender_at(self, ip: str) -> TenantSnapshot | None:
        return None

    def sender_showing(self, proof: str) -> TenantSnapshot | None:
        return None

    def by_id(self, tenant: TenantId) -> TenantSnapshot | None:
        return None


def run_mailbox(home: Home, settings: Settings, options: RunOptions) -> None:
    """Keep what comes until told to stop."""
    uvloop.run(_mailbox(home, settings))


async def _mailbox(home: Home, settings: Settings) -> None:
    folder = home.folder / "mailbox"
    folder.mkdir(exist_ok=True, mode=0o700)
    with TemporaryFolder(home.temporary) as temporary:
        server = serve_edge(
            EdgeSettings(banner_delay=0.0),
            Seams(
                directory=_Everybody(),
                new_intake=lambda: Intake(temporary.path, settings.content),
                look=_nothing,
                commit=_keep_in(folder),
                refuse=_never,
                discard=discard,
            ),
            [ListenAddress(*host_and_port(settings.listen.mailbox))],
            host_name="mailbox.customer.example",
        )
        await server.start()
        tell_ready()
        await until_stopped()
        await server.close()


def _keep_in(folder: Path) -> Commit:
    async def keep(submission: Submission, _: Judgement | None) -> None:
        octets = octets_of(submission.content)
        for recipient in submission.envelope.recipients:
            # The name comes from a stranger: only what cannot lead elsewhere goes into a path.
            name = "".join(c if c.isalnum() or c in "@._-" else "_" for c in fold(recipient.address))
            place = folder / name.lstrip(".")
            place.mkdir(exist_ok=True, mode=0o700)
            with (place / f"{submission.id}.eml").open("wb") as file:
                for start in range(0, len(octets), _PIECE):
                    file.write(octets[start : start + _PIECE])

    return keep


async def _nothing(_: Submission) -> Judgement | None:
    return None


async def _never(_: Submission, __: Judgement | None, ___: Reply) -> None:
    return None
