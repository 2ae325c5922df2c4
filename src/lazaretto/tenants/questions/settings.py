"""Questions about settings that are allowed and hardly meant: limits, redirects, partners, trials."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lazaretto.core.address import fold
from lazaretto.core.decision import Disposition
from lazaretto.core.snapshot import DEFAULT_THRESHOLDS, AddressRegistration, TlsMode
from lazaretto.tenants.questions.checked import Checked, Path
from lazaretto.tenants.remarks import Remark

FAR: Final = 2.0
"""A limit this many times the usual one catches next to nothing."""
NEAR: Final = 0.4


def limits(checked: Checked) -> Iterator[Remark]:
    """Does a limit catch everything, or nothing?"""
    given = checked.document.antispam.thresholds
    for name, usual in DEFAULT_THRESHOLDS.items():
        limit = getattr(given, name)
        path: Path = ("antispam", "thresholds", name)
        if limit is not None and limit > FAR * usual:
            problem = f"a limit of {limit} for {name} catches next to nothing: usual is {usual}"
            yield checked.remark(path, f"{problem}; the service levels for spam do not apply")
        elif limit is not None and limit < NEAR * usual:
            problem = f"a limit of {limit} for {name} stops much good mail: usual is {usual}; raise it"
            yield checked.remark(path, problem)


def destinations(checked: Checked) -> Iterator[Remark]:
    """Does mail that is sent elsewhere arrive there?"""
    document = checked.document
    places: list[tuple[Path, str | None]] = [
        (("antispam", "redirect_address"), document.antispam.redirect_address),
        (("antispam", "bulk_address"), document.antispam.bulk_address),
        (("impersonation", "redirect_address"), document.impersonation.redirect_address),
    ]
    for number, rule in enumerate(document.rules):
        places.append((("rules", number, "action", "redirect_to"), rule.action.redirect_to))
        places += [(("rules", number, "action", "copy_to"), each) for each in rule.action.copy_to]
    known = set(map(fold, document.addresses))
    for path, address in places:
        if address is None:
            continue
        if not checked.is_own(address):
            problem = f"{address} is outside of the tenant's domains: its mail leaves the organisation"
            yield checked.remark(path, f"{problem}; use an address of its own")
        elif fold(address) not in known and document.address_registration is AddressRegistration.ENFORCE:
            yield checked.remark(path, f"{address} is not registered; add it to addresses")


def partners(checked: Checked) -> Iterator[Remark]:
    """Does enforced TLS enforce what is meant?"""
    document = checked.document
    for written, _ in checked.keys("tls_partners"):
        partner = document.tls_partners.get(written.lower())
        if partner is None:
            continue
        if written.lower() in document.domains:
            problem = f"{written} is the tenant's own domain; demand encryption at its routes instead"
            yield checked.remark(("tls_partners", written), problem)
        if partner.mode is TlsMode.ANY:
            problem = (
                f"any certificate will do for {written}, so anybody on the way can read along; use valid"
            )
            yield checked.remark(("tls_partners", written), problem)


def notices(checked: Checked) -> Iterator[Remark]:
    """Is there somebody to tell?"""
    document = checked.document
    for number, rule in enumerate(document.rules):
        audiences = [each.value for each in rule.action.notify]
        path: Path = ("rules", number, "action", "notify")
        if "administrator" in audiences and not document.administrators:
            yield checked.remark(path, "there is no administrator to tell; add administrators")
        if "sender" in audiences and rule.action.disposition is Disposition.REJECT:
            problem = "a sender who is refused hears it at once; remove sender from notify"
            yield checked.remark(path, problem)


def trials(checked: Checked) -> Iterator[Remark]:
    """Is something on trial that is in force anyway?"""
    document = checked.document
    active = {each.name for each in document.rules if not each.shadow}
    for number, rule in enumerate(document.rules):
        if rule.shadow and rule.name in active:
            problem = f'the rule "{rule.name}" is in force and on trial; give the trial another name'
            yield checked.remark(("rules", number), problem)
