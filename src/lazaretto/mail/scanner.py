"""The door of this package: octets in, a view out."""

from __future__ import annotations

from lazaretto.mail.limits import DEFAULT, Limits
from lazaretto.mail.octets import Octets
from lazaretto.mail.view import MessageView


def view_of(octets: Octets, limits: Limits = DEFAULT) -> MessageView:
    """Return a view of the message ``octets``; it costs nothing before it is looked at."""
    return MessageView(octets, limits)
