"""Unwanted mail, method by method, with limits and texts before the subject."""

from __future__ import annotations

from pydantic import Field

from lazaretto.tenants.choices import DmarcAction, MailAction, Sensitivity
from lazaretto.tenants.sections.section import Section
from lazaretto.tenants.values import MailAddress, OneLine


class SubjectTags(Section):
    """Texts that `tag-subject` puts before the subject."""

    spam: OneLine = Field(default="[SPAM] ", min_length=1, max_length=60, description="For spam.")
    phishing: OneLine = Field(default="[PHISHING] ", min_length=1, max_length=60, description="For phishing.")
    bulk: OneLine = Field(
        default="[NEWSLETTER] ", min_length=1, max_length=60, description="For newsletters."
    )
    impersonation: OneLine = Field(
        default="[SUSPICIOUS SENDER] ",
        min_length=1,
        max_length=60,
        description="For borrowed names and domains.",
    )
    unscannable: OneLine = Field(
        default="[NOT SCANNED] ",
        min_length=1,
        max_length=60,
        description="For mail that could not be looked into.",
    )


class Thresholds(Section):
    """Scores from which mail belongs to a class; left out, the sensitivity decides."""

    spam: float | None = Field(default=None, gt=0, le=1000, description="Score from which mail is spam.")
    phishing: float | None = Field(
        default=None, gt=0, le=1000, description="Score from which mail is phishing."
    )
    bulk: float | None = Field(default=None, gt=0, le=1000, description="Score from which mail is bulk mail.")


class Antispam(Section):
    """Unwanted mail: each method with what becomes of the mail that it finds."""

    greylisting: bool = Field(
        default=False,
        description="Ask unknown servers to come back once; costs a few minutes for a first message.",
        json_schema_extra={"lowest": "global"},
    )
    approved_ips: bool = Field(
        default=True, description="Use the approved senders that are IP addresses or networks."
    )
    approved_addresses: bool = Field(
        default=True, description="Use the approved senders that are mail addresses or domains."
    )
    blocked_ips: MailAction = Field(
        default=MailAction.BLOCK_AND_DELETE, description="Mail from blocked IP addresses and networks."
    )
    blocked_addresses: MailAction = Field(
        default=MailAction.BLOCK_AND_DELETE, description="Mail from blocked mail addresses and domains."
    )
    user_lists: bool = Field(default=True, description="Use the `personal_lists` of single people.")
    blocked_by_users: MailAction = Field(
        default=MailAction.BLOCK_AND_DELETE, description="Mail to people from senders that they blocked."
    )
    spf: MailAction = Field(
        default=MailAction.BLOCK_AND_DELETE,
        description="Mail whose envelope sender is spoofed: SPF says fail, and DMARC does not vouch for it.",
        json_schema_extra={"lowest": "domain"},
    )
    dmarc: DmarcAction = Field(
        default=DmarcAction.BY_POLICY,
        description="Mail for which the domain of its author does not vouch.",
        json_schema_extra={"lowest": "domain"},
    )
    dynamic_ip: MailAction = Field(
        default=MailAction.BLOCK_AND_DELETE, description="Mail straight from addresses of home connections."
    )
    block_lists: MailAction = Field(
        default=MailAction.BLOCK_AND_DELETE, description="Mail from senders on public block lists."
    )
    signatures: MailAction = Field(
        default=MailAction.BLOCK_AND_DELETE, description="Mail that is a near copy of known spam."
    )
    spam: MailAction = Field(
        default=MailAction.TAG_SUBJECT, description="Mail that the heuristics take for spam."
    )
    phishing: MailAction = Field(
        default=MailAction.QUARANTINE, description="Mail that the heuristics take for phishing."
    )
    bulk: MailAction = Field(default=MailAction.ADD_HEADER, description="Newsletters and other bulk mail.")
    sensitivity: Sensitivity = Field(
        default=Sensitivity.STANDARD,
        description="How soon mail counts as spam or phishing: `strict` catches more and errs more often.",
    )
    thresholds: Thresholds = Field(
        default_factory=Thresholds, description="Exact limits in place of `sensitivity`."
    )
    shadow_thresholds: Thresholds = Field(
        default_factory=Thresholds,
        description="Limits on trial: what they would change is recorded, and nothing is done.",
        json_schema_extra={"lowest": "global"},
    )
    learning: bool = Field(
        default=True,
        description="Go by what the tenant's own people release and report: senders and rules weigh a little "
        "less or more where at least three of them agree.",
        json_schema_extra={"lowest": "global"},
    )
    redirect_address: MailAddress | None = Field(
        default=None, description="Where mail goes whose action is `redirect`."
    )
    bulk_address: MailAddress | None = Field(
        default=None, description="Where mail goes whose action is `bulk-address`."
    )
    subject_tags: SubjectTags = Field(
        default_factory=SubjectTags, description="Texts that `tag-subject` puts before the subject."
    )
