"""``lazaretto mail-events``: every message in which no malware was found, in detail, for whom wants that."""

from __future__ import annotations

from typing import Any

import click

from lazaretto.cli.detailed_events import event_options, print_events
from lazaretto.journal.malware_events import MailEvents


@click.command(epilog="Example: lazaretto mail-events --tenant acme --since 12h --json > mail.json")
@event_options
def command(**wanted: Any) -> None:
    """Print detailed events of safe mail, oldest first, as docs/reference/mail-event.schema.json says.

    They are kept of tenants that ordered detailed reporting (contract.options: advanced-threats) and want
    them (malware_handling.detailed_events: all). Mail with malware is told by malware-events.
    """
    print_events(
        MailEvents,
        "nothing is recorded of this time; malware_handling.detailed_events: all has safe mail recorded",
        **wanted,
    )
