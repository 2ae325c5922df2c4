"""The sections of a tenant's document by service; descriptions and defaults are its reference page.

Where nothing is said, the best-practice profile of the service description applies.
"""

from lazaretto.tenants.sections.antimalware import Antimalware
from lazaretto.tenants.sections.antispam import Antispam, SubjectTags, Thresholds
from lazaretto.tenants.sections.impersonation import Impersonation
from lazaretto.tenants.sections.outgoing import Outbound, Proofs, SendingRates, TokenField
from lazaretto.tenants.sections.routing import Domain, Route, in_order
from lazaretto.tenants.sections.rules import HeaderField, OwnRule, RuleAction, When
from lazaretto.tenants.sections.section import Section
from lazaretto.tenants.sections.senders import PersonalLists, SenderEntry

__all__ = [
    "Antimalware",
    "Antispam",
    "Domain",
    "HeaderField",
    "Impersonation",
    "Outbound",
    "OwnRule",
    "PersonalLists",
    "Proofs",
    "Route",
    "RuleAction",
    "Section",
    "SenderEntry",
    "SendingRates",
    "SubjectTags",
    "Thresholds",
    "TokenField",
    "When",
    "in_order",
]
