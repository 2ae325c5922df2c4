"""The account that PostgreSQL runs under: it refuses to be root, so root lends it another one."""

from __future__ import annotations

import os
import pwd
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

CANDIDATES: Final = ("lazaretto", "postgres", "nobody")


@dataclass(frozen=True, slots=True)
class ServiceUser:
    """Who owns the cluster and runs the server."""

    uid: int
    gid: int

    @property
    def is_us(self) -> bool:
        """Tell whether no change of identity is needed."""
        return self.uid == os.geteuid()

    @property
    def options(self) -> dict[str, Any]:
        """Arguments for ``subprocess`` that make a child run as this user, with no other group."""
        return {} if self.is_us else {"user": self.uid, "group": self.gid, "extra_groups": []}

    def can_enter(self, folder: Path) -> bool:
        """Tell whether this user can reach what lies in ``folder``; asks the kernel, not the mode bits."""
        return self.is_us or self._succeeds("/usr/bin/test", "-x", str(folder))

    def can_run(self, program: Path) -> bool:
        """Tell whether this user can start ``program`` (libraries included): it prints its version."""
        return self._succeeds(str(program), "--version")

    def own(self, folder: Path) -> None:
        """Make ``folder`` if need be and give it to this user alone."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self.is_us:
            os.chown(folder, self.uid, self.gid)

    def _succeeds(self, *command: str) -> bool:
        with suppress(OSError, subprocess.SubprocessError):
            done = subprocess.run(  # noqa: S603 - our own paths
                command, capture_output=True, timeout=60, check=False, cwd="/", **self.options
            )
            return done.returncode == 0
        return False


def service_user() -> ServiceUser:
    """Return ourselves, or for root the first account of ``CANDIDATES`` that exists."""
    if os.geteuid() != 0:
        return ServiceUser(os.geteuid(), os.getegid())
    return next(_accounts(), ServiceUser(65534, 65534))


def owner_of(folder: Path) -> ServiceUser | None:
    """Return whose ``folder`` is; None if there is none, or if it is root's, whom PostgreSQL refuses."""
    try:
        found = folder.stat()
    except OSError:
        return None
    return ServiceUser(found.st_uid, found.st_gid) if found.st_uid else None


def name_of(uid: int) -> str:
    """Return the name of an account for people: ``user postgres``, or its number where it has none."""
    try:
        return f"user {pwd.getpwuid(uid).pw_name}"
    except KeyError:
        return f"user {uid}"


def _accounts() -> Iterator[ServiceUser]:
    for name in CANDIDATES:
        with suppress(KeyError):
            account = pwd.getpwnam(name)
            yield ServiceUser(account.pw_uid, account.pw_gid)
