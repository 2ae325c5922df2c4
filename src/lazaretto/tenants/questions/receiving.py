"""Questions about domains, routes and addresses: does mail arrive, and is it delivered?"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from lazaretto.core.address import fold
from lazaretto.core.snapshot import AddressRegistration, TlsDemand
from lazaretto.tenants.questions.checked import Checked
from lazaretto.tenants.remarks import Remark
from lazaretto.tenants.values import domain_name


def domains(checked: Checked) -> Iterator[Remark]:
    """Is there a domain, and does each have routes?"""
    document = checked.document
    if not document.domains:
        yield checked.remark(("tenant",), "there is no domain, so no mail is received; add domains")
    for written, _ in checked.keys("domains"):
        domain = document.domains[domain_name(written)]
        if not (domain.routes or domain.route or domain.fallback):
            problem = f"{written} has no routes, so its mail cannot be delivered; add routes"
            yield checked.remark(("domains", written), problem)


def routes(checked: Checked) -> Iterator[Remark]:
    """Is mail to the tenant's servers encrypted, and can it be; and is each named route taken?"""
    for written, _ in checked.keys("domains"):
        yield from _channels(checked, "domains", written, "routes")
    domains = checked.document.domains.values()
    taken = {domain.route for domain in domains} | {domain.fallback for domain in domains}
    for name, _ in checked.keys("routes"):
        yield from _channels(checked, "routes", name)
        if name not in taken:
            yield checked.remark(("routes", name), f"no domain takes the route {name}; name it or remove it")


def _channels(checked: Checked, *where: str) -> Iterator[Remark]:
    for number, node in enumerate(checked.entries(*where)):
        given = node.plain()
        host, tls = given["host"], given.get("tls", TlsDemand.OPPORTUNISTIC.value)
        if tls == TlsDemand.OPPORTUNISTIC.value and _is_remote(host):
            problem = f"mail to {host} may travel in clear; set tls to required or verified"
            yield checked.remark((*where, number), problem)
        elif tls == TlsDemand.VERIFIED.value and _is_address(host):
            problem = f"no certificate is valid for the address {host}; write the host's name"
            yield checked.remark((*where, number), problem)


def addresses(checked: Checked) -> Iterator[Remark]:
    """Is somebody registered, in a domain of the tenant's, and once?"""
    document = checked.document
    enforcing = document.address_registration is AddressRegistration.ENFORCE
    if enforcing and document.domains and not document.addresses:
        problem = "no address is registered, so every recipient is refused; add addresses"
        yield checked.remark(("address_registration",), problem)
    seen: set[str] = set()
    for number, written in enumerate(checked.texts("addresses")):
        if not checked.is_own(written):
            problem = f"{written} is in none of the tenant's domains, so it has no effect; remove it"
            yield checked.remark(("addresses", number), problem)
        elif fold(written) in seen:
            yield checked.remark(("addresses", number), f"{written} is registered twice; remove one")
        seen.add(fold(written))


def administrators(checked: Checked) -> Iterator[Remark]:
    """Do notifications reach those who are to get them?"""
    document = checked.document
    registered = set(map(fold, document.addresses))
    enforcing = document.address_registration is AddressRegistration.ENFORCE
    for number, written in enumerate(checked.texts("administrators")):
        if enforcing and checked.is_own(written) and fold(written) not in registered:
            problem = f"{written} is not registered, so notifications are refused; add it to addresses"
            yield checked.remark(("administrators", number), problem)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def _is_remote(host: str) -> bool:
    """Tell whether mail to ``host`` leaves the machine."""
    if not _is_address(host):
        return host != "localhost"
    return not ipaddress.ip_address(host.strip("[]")).is_loopback
