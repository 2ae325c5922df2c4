"""What people may do with their own quarantined mail, and how long mail is kept there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final

from pydantic import AfterValidator, BeforeValidator, Field

from lazaretto.core.end_users import CERTAIN_PHISHING, EndUserRight
from lazaretto.core.snapshot import AddressRegistration
from lazaretto.tenants.choices import Level
from lazaretto.tenants.sections import Section
from lazaretto.tenants.service_section import SectionCard, ServiceSection

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lazaretto.tenants.document import TenantDocument
    from lazaretto.tenants.questions.checked import Checked
    from lazaretto.tenants.remarks import Remark

_FULL: Final = tuple(
    each for each in EndUserRight if each not in (EndUserRight.DOWNLOAD, EndUserRight.REQUEST_RELEASE)
)
_LIMITED: Final = (
    EndUserRight.ALLOW_SENDER,
    EndUserRight.REQUEST_RELEASE,
    EndUserRight.PREVIEW,
    EndUserRight.DELETE,
)
_SETS: Final[Mapping[str, tuple[EndUserRight, ...]]] = {"none": (), "limited": _LIMITED, "full": _FULL}
NEVER_RELEASED: Final = frozenset({"malware", "suspected", CERTAIN_PHISHING})
"""Reasons for which nobody releases its own mail: a release becomes a request."""
_ASKING: Final = (EndUserRight.VIEW_HEADER, EndUserRight.REQUEST_RELEASE, EndUserRight.DELETE)


def _by_name(given: Any) -> Any:
    return _SETS.get(given, given) if isinstance(given, str) else given


def _in_order(rights: tuple[EndUserRight, ...]) -> tuple[EndUserRight, ...]:
    if {EndUserRight.RELEASE, EndUserRight.REQUEST_RELEASE} <= set(rights):
        raise ValueError("release and request-release exclude each other; remove one of both")
    return tuple(each for each in EndUserRight if each in rights)


Rights = Annotated[tuple[EndUserRight, ...], BeforeValidator(_by_name), AfterValidator(_in_order)]
Days = Annotated[int, Field(ge=1, le=30)]


class KeepDays(Section):
    """Days after which quarantined mail is deleted; left out, what the platform keeps (14, malware 30)."""

    spam: Days | None = Field(default=None, description="Spam.")
    bulk: Days | None = Field(default=None, description="Newsletters and other bulk mail.")
    phishing: Days | None = Field(default=None, description="Phishing, certain or not.")
    impersonation: Days | None = Field(default=None, description="Borrowed names and domains.")
    policy: Days | None = Field(default=None, description="What rules of the tenant's own caught.")
    unscannable: Days | None = Field(default=None, description="What could not be looked into.")
    malware: Days | None = Field(default=None, description="Malware, and files that may be malware.")


class Quarantine(ServiceSection):
    """What people may do with their own quarantined mail, by the reason for which it was caught."""

    card: ClassVar = SectionCard(
        key="quarantine",
        summary="What people may do with their own quarantined mail, and how long it is kept.",
        lowest=Level.GROUP,
    )

    end_users: bool = Field(
        default=True,
        description="Whether people see their own quarantine at all; needs address registration.",
    )
    spam: Rights = Field(
        default=_FULL,
        description="Rights on spam: any of these, or `none`, `limited` (allow-sender, request-release, "
        "preview, delete), `full` (all but download and request-release).",
    )
    bulk: Rights = Field(default=_FULL, description="Rights on newsletters and other bulk mail.")
    phishing: Rights = Field(
        default=(*_ASKING, EndUserRight.BLOCK_SENDER, EndUserRight.PREVIEW, EndUserRight.SEE_WHY),
        description="Rights on phishing.",
        validate_default=True,
    )
    certain_phishing: Rights = Field(
        default=(*_ASKING, EndUserRight.SEE_WHY),
        description="Rights on phishing of twice the score that is needed; `release` becomes "
        "`request-release`.",
        validate_default=True,
    )
    impersonation: Rights = Field(
        default=(*_ASKING, EndUserRight.BLOCK_SENDER, EndUserRight.PREVIEW, EndUserRight.SEE_WHY),
        description="Rights on mail under borrowed names.",
        validate_default=True,
    )
    policy: Rights = Field(
        default=(*_ASKING, EndUserRight.SEE_WHY),
        description="Rights on what rules of the tenant's own caught.",
        validate_default=True,
    )
    unscannable: Rights = Field(
        default=(*_ASKING, EndUserRight.SEE_WHY),
        description="Rights on mail that could not be looked into.",
        validate_default=True,
    )
    malware: Rights = Field(
        default=(), description="Rights on malware, proved or suspected; `release` becomes `request-release`."
    )
    keep_days: KeepDays = Field(
        default_factory=KeepDays,
        description="Days after which quarantined mail is deleted.",
        json_schema_extra={"lowest": "global"},
    )

    def rights(self, document: TenantDocument) -> dict[str, frozenset[EndUserRight]]:
        """Return what people may do, by quarantine reason; nothing where addresses are not registered."""
        if not self.end_users or document.address_registration is AddressRegistration.OFF:
            return {}
        return {reason: _at_most(given, reason) for reason, given in self._by_reason()}

    def _by_reason(self) -> Iterator[tuple[str, tuple[EndUserRight, ...]]]:
        yield "spam", self.spam
        yield "bulk", self.bulk
        yield "phishing", self.phishing
        yield CERTAIN_PHISHING, self.certain_phishing
        yield "impersonation", self.impersonation
        yield "policy", self.policy
        yield "unscannable", self.unscannable
        yield "malware", self.malware
        yield "suspected", self.malware

    def kept(self) -> dict[str, int]:
        """Return the days of each quarantine reason that has a number of its own."""
        given = {name: days for name, days in self.keep_days if days is not None}
        for name, other in (("phishing", CERTAIN_PHISHING), ("malware", "suspected")):
            if name in given:
                given[other] = given[name]
        return given

    def remarks(self, checked: Checked) -> Iterable[Remark]:
        """Does a right say what will hold?"""
        for name in ("malware", "certain_phishing"):
            if EndUserRight.RELEASE in getattr(self, name):
                problem = "nobody releases such mail by itself: the right becomes request-release; write that"
                yield checked.remark(("quarantine", name), problem)


def _at_most(given: tuple[EndUserRight, ...], reason: str) -> frozenset[EndUserRight]:
    rights = set(given)
    if reason in NEVER_RELEASED and EndUserRight.RELEASE in rights:
        rights = (rights - {EndUserRight.RELEASE}) | {EndUserRight.REQUEST_RELEASE}
    return frozenset(rights)
