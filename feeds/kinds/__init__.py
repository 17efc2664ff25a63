"""Every kind of record, in one registry: `ALL`. A new kind is one file here, one line below, and its texts.

`KINDS` answers what follows from it: stored types, views, rule subjects, journal entry kinds.
"""

from __future__ import annotations

from typing import Any

from feeds.kinds.alert import ALERT
from feeds.kinds.approvals import APPROVALS, CARD, CASE, CASE_BOARD, ORDER
from feeds.kinds.asset import ASSET
from feeds.kinds.audience import Audience, Record
from feeds.kinds.board import BOARD
from feeds.kinds.briefs import BRIEF
from feeds.kinds.campaigns import CAMPAIGN, CAMPAIGNS, EXERCISE
from feeds.kinds.command_picture import COMMAND_PICTURE, IMPACT, MARK
from feeds.kinds.duty_log import LOG
from feeds.kinds.group import GROUP
from feeds.kinds.incidents import INCIDENT, INCIDENTS, OBLIGATION
from feeds.kinds.kind import FULL, RecordKind
from feeds.kinds.plans import PLAN, PLANS, PROPOSAL
from feeds.kinds.receipt import RECEIPT
from feeds.kinds.region import REGION
from feeds.kinds.registry import Kinds
from feeds.kinds.resource import RESOURCE
from feeds.kinds.source import SOURCE
from feeds.kinds.task import TASK
from feeds.kinds.warning import WARNING

ALL: tuple[RecordKind[Any], ...] = (
    *(ASSET, SOURCE, ALERT, WARNING, RECEIPT, *INCIDENTS, LOG, TASK, RESOURCE, *COMMAND_PICTURE),
    BRIEF,
    *PLANS,
    *CAMPAIGNS,
    *APPROVALS,
    BOARD,
    GROUP,
)
KINDS = Kinds(ALL, more_subjects=(REGION,))

__all__ = [
    "ALERT",
    "ALL",
    "ASSET",
    "BOARD",
    "BRIEF",
    "CAMPAIGN",
    "CARD",
    "CASE",
    "CASE_BOARD",
    "EXERCISE",
    "FULL",
    "GROUP",
    "IMPACT",
    "INCIDENT",
    "KINDS",
    "LOG",
    "MARK",
    "OBLIGATION",
    "ORDER",
    "PLAN",
    "PROPOSAL",
    "RECEIPT",
    "REGION",
    "RESOURCE",
    "SOURCE",
    "TASK",
    "WARNING",
    "Audience",
    "Record",
    "RecordKind",
]
