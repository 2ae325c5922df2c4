"""Asking the DNS: bounded in time, number and memory, and never an exception.

What is expensive about a resolver that has gone silent is waiting for it, question after question.
So unanswered questions are counted; several in a row put the resolvers to a test that every
resolver passes (the name servers of the root), and while they fail it, questions end at once.
Counting alone would not do: a stranger can name domains whose servers never answer, and must not
be able to switch off authentication for everybody.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import aiodns
import pycares
import structlog

from lazaretto.core.facts import DnsAnswer, DnsStatus
from lazaretto.protocol.dns_cache import AnswerCache
from lazaretto.protocol.dns_names import question_name
from lazaretto.protocol.settings import DnsSettings

log = structlog.get_logger(__name__)

# aiodns knows fewer kinds by name than the library below it can ask for.
aiodns.query_type_map.setdefault("TLSA", pycares.QUERY_TYPE_TLSA)

_MISSING = {
    pycares.errno.ARES_ENOTFOUND: DnsStatus.NO_DOMAIN,
    pycares.errno.ARES_ENODATA: DnsStatus.NO_DATA,
    pycares.errno.ARES_EBADNAME: DnsStatus.NO_DOMAIN,
}
_SILENT = frozenset(
    {pycares.errno.ARES_ETIMEOUT, pycares.errno.ARES_ECONNREFUSED, pycares.errno.ARES_ECANCELLED}
)
CHANNEL_LIFETIME = 10_000
"""Questions after which the library is opened anew: it remembers answers too, without any bound."""
MOST_RECORDS = 200
"""Records of one answer that are kept; a TCP answer could hold thousands."""


class SystemResolver:
    """Implements ``core.facts.Resolver`` with c-ares; belongs to the loop in which it is first asked."""

    def __init__(self, settings: DnsSettings | None = None) -> None:
        self._settings = settings or DnsSettings()
        self._cache = AnswerCache(self._settings)
        self._under_way: dict[tuple[str, str], asyncio.Task[DnsAnswer]] = {}
        self._places = asyncio.Semaphore(self._settings.concurrency)
        self._channel: aiodns.DNSResolver | None = None
        self._retiring: set[asyncio.Task[None]] = set()
        self._asked = 0
        self._unanswered = 0
        self._silent = False
        self._test: asyncio.Task[None] | None = None

    @property
    def is_silent(self) -> bool:
        """Tell whether the resolvers are known not to answer anything."""
        return self._silent

    async def ask(self, name: str, kind: str) -> DnsAnswer:
        """Return the records of ``kind`` at ``name``; ends within the time limit of one question."""
        asked = question_name(name)
        if asked is None or kind not in _TEXT_OF:
            return DnsAnswer(DnsStatus.NO_DOMAIN)
        known = self._cache.find(asked, kind, time.monotonic())
        if known is not None:
            return known
        if self._silent:
            return DnsAnswer(DnsStatus.TIMEOUT)
        task = self._under_way.get((asked, kind))
        if task is None:
            task = asyncio.get_running_loop().create_task(self._find_out(asked, kind))
            self._under_way[(asked, kind)] = task
            task.add_done_callback(lambda _: self._under_way.pop((asked, kind), None))
        # Several messages may wait for this answer: one that gives up must not take it from the others.
        return await asyncio.shield(task)

    async def close(self) -> None:
        """Give up what is under way and close the sockets; nothing may be asked afterwards."""
        for task in [*self._under_way.values(), *self._retiring, *filter(None, [self._test])]:
            task.cancel()
        if self._channel is not None:
            await self._channel.close()
            self._channel = None

    async def _find_out(self, name: str, kind: str) -> DnsAnswer:
        try:
            async with asyncio.timeout(self._settings.question_limit):
                async with self._places:
                    answer = await self._query(name, kind)
        except TimeoutError:
            answer = DnsAnswer(DnsStatus.TIMEOUT)
        if answer.status is DnsStatus.TIMEOUT:
            self._note_silence()
        else:
            self._unanswered = 0
        self._cache.keep(name, kind, answer, time.monotonic())
        return answer

    async def _query(self, name: str, kind: str) -> DnsAnswer:
        try:
            result = await self._open_channel().query_dns(name, kind)
        except aiodns.error.DNSError as problem:
            return DnsAnswer(_status_of(problem.args[0] if problem.args else 0))
        except (pycares.AresError, ValueError, OSError):
            return DnsAnswer(DnsStatus.SERVER_FAILURE)
        return _answer_of(result, kind)

    def _open_channel(self) -> aiodns.DNSResolver:
        self._asked += 1
        if self._channel is not None and self._asked % CHANNEL_LIFETIME == 0:
            retired = asyncio.get_running_loop().create_task(self._retire(self._channel))
            self._retiring.add(retired)
            retired.add_done_callback(self._retiring.discard)
            self._channel = None
        if self._channel is None:
            settings = self._settings
            # c-ares doubles the time with each try; together they fill the question's time.
            first_try = settings.question_limit / (2**settings.tries - 1)
            self._channel = aiodns.DNSResolver(
                settings.servers or None,
                loop=asyncio.get_running_loop(),
                timeout=first_try,
                tries=settings.tries,
            )
        return self._channel

    async def _retire(self, channel: aiodns.DNSResolver) -> None:
        """Close ``channel`` once every question that is under way in it has ended."""
        try:
            await asyncio.sleep(self._settings.question_limit)
        finally:
            await channel.close()

    def _note_silence(self) -> None:
        self._unanswered += 1
        if self._unanswered < self._settings.silence_after or self._test is not None:
            return
        self._test = asyncio.get_running_loop().create_task(self._test_resolvers())

    async def _test_resolvers(self) -> None:
        """Ask what every resolver can answer, until it is answered; an error is an answer too."""
        try:
            while not await self._resolvers_answer():
                if not self._silent:
                    log.warning("resolvers do not answer", servers=self._settings.servers)
                self._silent = True
                await asyncio.sleep(self._settings.silence_retry)
            if self._silent:
                log.info("resolvers answer again", servers=self._settings.servers)
        finally:
            self._silent = False
            self._unanswered = 0
            self._test = None

    async def _resolvers_answer(self) -> bool:
        try:
            async with asyncio.timeout(self._settings.question_limit):
                await self._open_channel().query_dns(".", "NS")
        except TimeoutError:
            return False
        except aiodns.error.DNSError as problem:
            return not problem.args or problem.args[0] not in _SILENT
        except (pycares.AresError, OSError):
            return False
        return True


def _status_of(problem: int) -> DnsStatus:
    if problem in _SILENT:
        return DnsStatus.TIMEOUT
    return _MISSING.get(problem, DnsStatus.SERVER_FAILURE)


def _answer_of(result: pycares.DNSResult, kind: str) -> DnsAnswer:
    wanted = aiodns.query_type_map[kind]
    records = [record for record in result.answer if record.type == wanted][:MOST_RECORDS]
    if not records:
        return DnsAnswer(DnsStatus.NO_DATA)
    # Aliases on the way count: the answer is not good for longer than any part of it.
    ttl = min(record.ttl for record in result.answer)
    return DnsAnswer(DnsStatus.ANSWER, tuple(_TEXT_OF[kind](record.data) for record in records), ttl)


def _host(name: str) -> str:
    return name.lower().removesuffix(".")


_TEXT_OF: dict[str, Callable[..., str]] = {
    "A": lambda data: data.addr,
    "AAAA": lambda data: data.addr,
    "MX": lambda data: f"{data.priority} {_host(data.exchange)}".rstrip(),
    "TXT": lambda data: data.data.decode("latin-1"),
    "PTR": lambda data: _host(data.dname),
    "CNAME": lambda data: _host(data.cname),
    "NS": lambda data: _host(data.nsdname),
    "TLSA": lambda data: (
        f"{data.cert_usage} {data.selector} {data.matching_type} {data.cert_association_data.hex()}"
    ),
    "CAA": lambda data: f'{data.critical} {data.tag} "{data.value}"',
}
