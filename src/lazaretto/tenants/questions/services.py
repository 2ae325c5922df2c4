"""Questions about the services: does a setting undo what the tenant relies on?"""

from __future__ import annotations

from collections.abc import Iterator

from lazaretto.core.decision import Disposition
from lazaretto.core.snapshot import AddressRegistration
from lazaretto.tenants.choices import DmarcAction, MailAction, Sensitivity
from lazaretto.tenants.questions.checked import Checked, Path
from lazaretto.tenants.remarks import Remark


def quarantine(checked: Checked) -> Iterator[Remark]:
    """Is there a quarantine for what is to be quarantined?"""
    document = checked.document
    if document.address_registration is not AddressRegistration.OFF:
        return
    for key, choice in document.antispam:
        if choice is MailAction.QUARANTINE and key in document.antispam.model_fields_set:
            problem = "there is no quarantine while address_registration is off: such mail is tagged instead"
            yield checked.remark(("antispam", key), f"{problem}; choose another action")
    for number, rule in enumerate(document.rules):
        if rule.action.disposition is Disposition.QUARANTINE:
            problem = "there is no quarantine while address_registration is off: such mail is delivered"
            path: Path = ("rules", number, "action", "disposition")
            yield checked.remark(path, f"{problem}; choose another disposition")


def service_levels(checked: Checked) -> Iterator[Remark]:
    """Does what is switched off suspend the service levels?"""
    antispam = checked.document.antispam
    off = (MailAction.OFF, MailAction.LOG)
    wanted = ("spf", "blocked_ips", "blocked_addresses", "dynamic_ip", "signatures", "spam")
    for key in wanted:
        if getattr(antispam, key) in off:
            problem = f"without {key} the service levels for spam do not apply; choose an action"
            yield checked.remark(("antispam", key), problem)
    if antispam.dmarc is not DmarcAction.BY_POLICY:
        problem = "without dmarc the service levels for spam do not apply; use by-policy"
        yield checked.remark(("antispam", "dmarc"), problem)
    if antispam.sensitivity is Sensitivity.LOW:
        problem = "low sensitivity lets more spam pass than the service levels allow for"
        yield checked.remark(("antispam", "sensitivity"), f"{problem}; use standard")
    for key, choice in checked.document.antimalware:
        if choice in off:
            problem = f"mail that {key.replace('_', ' ')} stands for is delivered unseen; choose an action"
            yield checked.remark(("antimalware", key), problem)


def protected_names(checked: Checked) -> Iterator[Remark]:
    """Is a protected name one that many people bear?"""
    for number, name in enumerate(checked.texts("protected_names")):
        if len(name.split()) < 2:
            problem = f'"{name}" is one word, which many strangers share; write first and last name'
            yield checked.remark(("protected_names", number), problem)
