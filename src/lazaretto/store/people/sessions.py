"""Sessions: rows of ours, known by a digest of the cookie only, each of an account that may see and end it.

Django's ``SESSION_ENGINE``: its own database store with a column for the account.  A session is begun anew at
every sign-in, and is worth nothing to another kind of browser than the one that signed in.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.utils.crypto import salted_hmac

from lazaretto.store.people.models import Account, Session

IDLE: Final = timedelta(hours=1)
LONGEST: Final = timedelta(hours=12)
END_USERS_IDLE: Final = timedelta(days=2)
END_USERS_LONGEST: Final = timedelta(days=14)
FRESH: Final = timedelta(minutes=30)
_NOTE_USE_EVERY: Final = timedelta(minutes=1)
_ACCOUNT: Final = "account"
_PROOF: Final = "proof"
_BEGAN: Final = "began"
_WAY: Final = "way"
_CLIENT: Final = "client"
_AGENT: Final = "agent"
_IDLE: Final = "idle"
_LONGEST: Final = "longest"
_VERSIONS: Final = re.compile(r"[\d._]+")


class SessionStore(DatabaseStore):
    """Django's store, except that the table holds digests in place of keys."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        """Return the model of the rows."""
        return Session

    def _get_session_from_db(self) -> Session | None:
        found = Session.objects.filter(
            session_key=digest_of(self.session_key or ""), expire_date__gt=datetime.now(UTC)
        ).first()
        if found is None:
            self._session_key = None
        return found

    def exists(self, session_key: str) -> bool:
        """Tell whether there is a session with this key."""
        return Session.objects.filter(session_key=digest_of(session_key)).exists()

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """Return the row of this session."""
        account = data.get(_ACCOUNT)
        return Session(
            session_key=digest_of(self._get_or_create_session_key()),  # type: ignore[attr-defined]
            session_data=self.encode(data),
            expire_date=self._end(data),
            account_id=UUID(account) if account else None,
            began_at=_moment(data.get(_BEGAN)),
            seen_at=datetime.now(UTC),
            way=data.get(_WAY, ""),
            client=data.get(_CLIENT, ""),
            agent=data.get(_AGENT, ""),
        )

    def _end(self, data: dict[str, Any]) -> datetime:
        if _ACCOUNT not in data:
            return self.get_expiry_date()
        # The cookie's own age says nothing about it: it is set once, and use of the session moves the end.
        idle, longest = timedelta(seconds=data[_IDLE]), timedelta(seconds=data[_LONGEST])
        return min(datetime.now(UTC) + idle, _moment(data.get(_BEGAN)) + longest)

    def delete(self, session_key: str | None = None) -> None:
        """End the session with this key, or this one."""
        key = session_key or self.session_key
        if key is not None:
            Session.objects.filter(session_key=digest_of(key)).delete()


def digest_of(key: str) -> str:
    """Return what the table holds of ``key``, which has 160 bits of chance and needs no slower hash."""
    return hashlib.sha256(key.encode()).hexdigest()[:40]


def begin(session: SessionBase, account: Account, *, way: str, client: str, agent: str) -> None:
    """Let ``session`` be a new one of ``account``, whose cookie nobody knew before."""
    session.flush()
    session[_ACCOUNT] = str(account.id)
    session[_PROOF] = _proof_of(account)
    session[_BEGAN] = datetime.now(UTC).timestamp()
    session[_WAY] = way
    session[_CLIENT] = client
    session[_AGENT] = agent[:300]
    is_granted = account.grants.exists()
    session[_IDLE] = (IDLE if is_granted else END_USERS_IDLE).total_seconds()
    session[_LONGEST] = (LONGEST if is_granted else END_USERS_LONGEST).total_seconds()
    # Who may configure signs in again after closing the browser.
    session.set_expiry(0 if is_granted else int(END_USERS_LONGEST.total_seconds()))


def account_of(session: SessionBase, agent: str, now: datetime | None = None) -> Account | None:
    """Return whose session this is; None = nobody's, or over: too old, another browser or password."""
    identity = session.get(_ACCOUNT)
    if not identity:
        return None
    account = Account.objects.filter(id=identity, is_active=True).prefetch_related("grants").first()
    now = now or datetime.now(UTC)
    if account is None or not _is_same_family(session.get(_AGENT, ""), agent):
        return None
    if not hmac.compare_digest(str(session.get(_PROOF, "")), _proof_of(account)):
        return None
    if now - _moment(session.get(_BEGAN)) >= timedelta(seconds=session[_LONGEST]):
        return None
    _note_use(session, now)
    return account


def _is_same_family(one: str, other: str) -> bool:
    """Tell whether two names are of one browser on one kind of machine, whatever their versions.

    Browsers update themselves every few weeks, and nobody is to be signed out by that.
    """
    return _VERSIONS.sub("", one[:300]) == _VERSIONS.sub("", other[:300])


def is_fresh(session: SessionBase, now: datetime | None = None) -> bool:
    """Tell whether it was proven a short while ago who this is: what guards the account itself demands it."""
    return (now or datetime.now(UTC)) - _moment(session.get(_BEGAN)) < FRESH


def renew(session: SessionBase, account: Account) -> None:
    """Let a session outlive a change of its account's own password, under a new key."""
    session.cycle_key()
    session[_PROOF] = _proof_of(account)


def end_others(session: SessionBase, account: Account) -> int:
    """End every other session of ``account``; return how many there were."""
    own = digest_of(session.session_key or "")
    return Session.objects.filter(account=account).exclude(session_key=own).delete()[0]


def _note_use(session: SessionBase, now: datetime) -> None:
    own = Session.objects.filter(session_key=digest_of(session.session_key or ""))
    idle, longest = timedelta(seconds=session[_IDLE]), timedelta(seconds=session[_LONGEST])
    until = min(now + idle, _moment(session.get(_BEGAN)) + longest)
    own.filter(seen_at__lt=now - _NOTE_USE_EVERY).update(seen_at=now, expire_date=until)


def _proof_of(account: Account) -> str:
    return salted_hmac("lazaretto.session", account.password, algorithm="sha256").hexdigest()


def _moment(seconds: Any) -> datetime:
    return datetime.fromtimestamp(float(seconds or 0), UTC)
