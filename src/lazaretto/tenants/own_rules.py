"""Rules of the tenant's own to rules of policy."""

from __future__ import annotations

from collections.abc import Iterator

from lazaretto.core.address import fold
from lazaretto.core.decision import ActionOrder
from lazaretto.core.snapshot import Condition, Rule
from lazaretto.tenants.document import TenantDocument
from lazaretto.tenants.sections import OwnRule, When


def own_rules(document: TenantDocument) -> Iterator[Rule]:
    """Yield the tenant's own rules in the order of the document."""
    for rule in document.rules:
        if not rule.shadow:
            yield _compiled(rule)


def _compiled(rule: OwnRule) -> Rule:
    return Rule(
        name=rule.name,
        setting=f"rules[{rule.name}] = {rule.action.disposition.word}",
        when=_condition(rule.when),
        disposition=rule.action.disposition,
        orders=tuple(_orders(rule)),
        quarantine_reason="policy",
        approval_waives=rule.skip_approved,
        needs_registration=True,
    )


def _condition(when: When) -> Condition:
    return Condition(
        verdicts=frozenset(when.verdicts),
        symbols=frozenset(when.symbols),
        score_at_least=when.score_at_least,
        recipients=frozenset(map(fold, when.recipients)),
        directions=frozenset(when.direction),
    )


def _orders(rule: OwnRule) -> Iterator[ActionOrder]:
    action = rule.action
    if action.tag_subject is not None:
        yield ActionOrder(action="tag-subject", parameters={"tag": action.tag_subject})
    if action.add_header is not None:
        field = action.add_header
        yield ActionOrder(action="add-header", parameters={"name": field.name, "value": field.value})
    if action.redirect_to is not None:
        yield ActionOrder(action="redirect", parameters={"address": action.redirect_to})
    if action.banner is not None:
        yield ActionOrder(action="banner", parameters={"text": action.banner})
    if action.strip_attachments:
        yield ActionOrder(
            action="strip-attachments", parameters={"names": "\n".join(action.strip_attachments)}
        )
    if action.compress_attachments:
        yield ActionOrder(action="compress-attachments")
    for audience in action.notify:
        yield ActionOrder(action="notify", parameters={"audience": audience.value, "rule": rule.name})
    for address in action.copy_to:
        yield ActionOrder(action="copy-to", parameters={"address": address})
