"""In whose name mail to people goes out from a process of this home."""

from __future__ import annotations

from lazaretto.run.job_card import Workshop
from lazaretto.run.naming import host_name
from lazaretto.run.people_mail.letter import Sender
from lazaretto.run.storekey import web_key
from lazaretto.run.storeroom import base_url_of


def sender_of(shop: Workshop) -> Sender:
    """Return the sender of mail about people's own quarantine."""
    return Sender(
        host_name=host_name(shop.settings),
        base_url=base_url_of(shop.settings, shop.options.http),
        key=web_key(shop.home),
    )
