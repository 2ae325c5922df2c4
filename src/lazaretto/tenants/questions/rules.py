"""Questions about the tenant's own rules: can each of them ever matter?"""

from __future__ import annotations

from collections.abc import Iterator

from lazaretto.core.decision import Disposition
from lazaretto.core.findings import Verdict
from lazaretto.tenants.questions.checked import Checked, Path
from lazaretto.tenants.remarks import Remark
from lazaretto.tenants.sections import OwnRule, RuleAction, When


def rules(checked: Checked) -> Iterator[Remark]:
    """Does a rule speak, and does it add anything?"""
    rules = checked.document.rules
    names: set[str] = set()
    by_action: dict[RuleAction, list[OwnRule]] = {}
    for number, rule in enumerate(rules):
        path: Path = ("rules", number)
        if rule.name in names:
            yield checked.remark(path, f'two rules are called "{rule.name}"; rename one')
        names.add(rule.name)
        yield from (checked.remark(path, problem) for problem in _problems(rule, checked))
        earlier = by_action.setdefault(rule.action, [])
        if covering := next((each.name for each in earlier if _covers(each.when, rule.when)), None):
            yield checked.remark(path, f'it never adds anything to the rule "{covering}" above; remove it')
        earlier.append(rule)


def _problems(rule: OwnRule, checked: Checked) -> Iterator[str]:
    when, action = rule.when, rule.action
    if not when.model_dump(exclude_defaults=True):
        yield "its when is empty, so it speaks about every message; add a condition"
    changes = action.model_dump(exclude_defaults=True, exclude={"disposition", "notify"})
    if action.disposition is Disposition.DELIVER and not changes and not action.notify:
        yield "it delivers without any change, so it only shows in the trace; add what it shall do"
    if action.disposition > Disposition.REDIRECT and changes:
        yield f"{action.disposition.word} leaves nothing to change, so its changes are lost; remove them"
    if action.redirect_to is not None and action.disposition is not Disposition.REDIRECT:
        yield "redirect_to has no effect unless the disposition is redirect; remove one of both"
    strangers = [each for each in when.recipients if not checked.is_own(each)]
    inbound_only = [direction.value for direction in when.direction] == ["inbound"]
    if strangers and inbound_only:
        yield f"{strangers[0]} is in none of the tenant's domains, so it never receives; remove it"
    if Verdict.MALWARE in when.verdicts and action.disposition < Disposition.QUARANTINE:
        yield "malware is never delivered, whatever a rule says; choose quarantine, delete or reject"
    if Verdict.CLEAN in when.verdicts and action.disposition > Disposition.QUARANTINE:
        yield "it throws away clean mail; correct verdicts"


def _covers(wide: When, narrow: When) -> bool:
    """Tell whether ``wide`` holds whenever ``narrow`` does."""
    for outer, inner in (
        (wide.verdicts, narrow.verdicts),
        (wide.symbols, narrow.symbols),
        (wide.recipients, narrow.recipients),
        (wide.direction, narrow.direction),
    ):
        if outer and (not inner or not all(each in outer for each in inner)):
            return False
    if wide.score_at_least is None:
        return True
    return narrow.score_at_least is not None and narrow.score_at_least >= wide.score_at_least
