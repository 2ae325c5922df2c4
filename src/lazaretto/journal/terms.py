"""Terms: what people know of a message, spelt so that one index finds it.

A term is a letter, a colon and a folded value.  Names of hosts and domains stand with every name above
them, so that who knows the domain finds its hosts.  Everything is bounded: a hostile message must not
fill the index.  Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from typing import Any, Final

from lazaretto.core.address import domain_of, fold
from lazaretto.core.snapshot import names_above

MOST: Final = 40
"""Values of one kind in one message."""
LONGEST: Final = 250


class Term(Enum):
    """What a term says."""

    DOMAIN = "d"
    """One of the tenant's domains: of a recipient, or of the sender of outbound mail."""
    AUTHOR = "f"
    """An address of the From field, or its domain."""
    POINTER = "p"
    """The client's name in the DNS."""
    ATTACHMENT = "a"
    """A file's name, in lower case, or its ending with the dot."""
    DIGEST = "h"
    """SHA-256 of a file, in lower case."""
    HOST = "u"
    """Host of a web address."""
    SYMBOL = "s"
    POLICY = "o"
    """A setting that took part in the decision."""

    def of(self, value: str) -> str:
        """Return the term for ``value``."""
        return f"{self.value}:{value.lower()[:LONGEST]}"


def domain_terms(direction: str | None, sender: str, recipients: Iterable[str]) -> Iterator[str]:
    """Yield the tenant's domains that a message is of."""
    addresses = [sender] if direction == "outbound" else recipients
    for domain in dict.fromkeys(domain_of(address) for address in addresses):
        if domain:
            yield Term.DOMAIN.of(domain)


def client_terms(client: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of the client."""
    hostname = str(client.get("hostname") or "").rstrip(".").lower()
    if hostname:
        yield from _with_names_above(Term.POINTER, hostname)


def look_terms(details: Mapping[str, Any]) -> Iterator[str]:
    """Yield what SCANNED tells of authors, files, web addresses, findings and settings."""
    facts = details.get("facts") or {}
    for author in facts.get("authors") or ():
        yield Term.AUTHOR.of(fold(author))
        yield from _with_names_above(Term.AUTHOR, domain_of(author))
    for name in _bounded(details.get("attachments") or ()):
        yield from _file(name)
    for file in _bounded(facts.get("files") or ()):
        yield from _file(str(file.get("name") or ""))
        if file.get("sha256"):
            yield Term.DIGEST.of(file["sha256"])
    for host in _bounded(facts.get("hosts") or ()):
        yield from _with_names_above(Term.HOST, host)
    for finding in details.get("findings") or ():
        yield Term.SYMBOL.of(str(finding.get("symbol")))
    for copy in details.get("copies") or ():
        for setting in copy.get("settings") or ():
            yield from (Term.POLICY.of(str(setting[key])) for key in ("rule", "setting") if setting.get(key))


def _bounded(values: Iterable[Any]) -> list[Any]:
    return list(values)[:MOST]


def _file(name: str) -> Iterator[str]:
    if name:
        yield Term.ATTACHMENT.of(name)
        stem, dot, ending = name.rpartition(".")
        if stem and dot and ending:
            yield Term.ATTACHMENT.of(f".{ending}")


def _with_names_above(term: Term, name: str) -> Iterator[str]:
    """Yield terms for ``name`` and all names above it but a top-level domain."""
    names = names_above(name)
    yield from (term.of(each) for each in names[:8] if "." in each or len(names) == 1)
