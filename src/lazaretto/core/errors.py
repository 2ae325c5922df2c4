"""What can go wrong, by what it means for the one who waits for us.

Everything of ours that is raised across a package border is one of these.  The text is for our
own people (log, trace); a stranger gets the words of a ``Reply``.
"""

from __future__ import annotations


class LazarettoError(Exception):
    """Any error that this program raises on purpose."""


class TemporaryFailure(LazarettoError):
    """It did not work now; the same again later may (a ``4xx`` to a client)."""


class PermanentFailure(LazarettoError):
    """It did not work and never will as it is (a ``5xx`` to a client)."""


class RowsRefused(TemporaryFailure):
    """The database is there and does not take these very rows; others it may take."""


class NotDurable(TemporaryFailure):
    """The database could not promise that what we wrote will survive."""


class StorageFull(TemporaryFailure):
    """There is no room for more content."""


class ContentDamaged(PermanentFailure):
    """Stored content is not what was stored: wrong length, checksum or authentication tag."""


class LimitReached(PermanentFailure):
    """Work on hostile or oversized input stopped at a bound; ``limit`` is the bound's name."""

    def __init__(self, limit: str, detail: str = "") -> None:
        super().__init__(f"{limit} reached" + (f": {detail}" if detail else ""))
        self.limit = limit
        self.detail = detail


class ConfigurationError(LazarettoError):
    """A document or setting of a person is wrong; the text says what, where and what to do."""


class ScopeError(LazarettoError):
    """Somebody asked for rows outside their scope; told to people as "not found"."""
