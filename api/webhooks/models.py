"""What is said to and by /v1/webhooks."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.webhooks.store import LONGEST_OVERLAP, OVERLAP

MOST_CUSTOMERS = 1_000
LARGEST_BATCH = 500

Url = Annotated[str, Field(max_length=2_000)]
Description = Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
Types = Annotated[list[str], Field(max_length=200)]
Customers = Annotated[list[str], Field(max_length=MOST_CUSTOMERS)]
Batch = Annotated[int, Field(ge=1, le=LARGEST_BATCH)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class WebhookWanted(_Body):
    """What is to be sent where."""

    url: Url
    """https, and outside of the network, unless JEJAK_WEBHOOK_ALLOW names it."""
    description: Description = ""
    types: Types = []
    """Event types, with or without .v1; none: all."""
    customers: Customers = []
    """Our ids of customers; none: all, and what is beside customers."""
    sealed: bool = False
    """Whether the sealed part is sent too; needs the scope `read-sealed`."""
    batch: Batch = 1
    """1: each message is one CloudEvent; more: a batch of up to so many (application/cloudevents-batch+json)."""
    begin: Annotated[str, Field(alias="from", max_length=500)] = "now"
    """`now`, `beginning`, or a cursor of the feed (`next` of a page, `id` of a message of the stream)."""


class WebhookChanged(_Body):
    """What is to be otherwise; what is left out stays."""

    url: Url | None = None
    description: Description | None = None
    types: Types | None = None
    customers: Customers | None = None
    sealed: bool | None = None
    batch: Batch | None = None
    active: bool | None = None
    """false: send nothing until it is true again; nothing is lost meanwhile."""


class RotateWanted(_Body):
    """How a secret is replaced."""

    overlap_hours: Annotated[float, Field(ge=0, le=LONGEST_OVERLAP / timedelta(hours=1))] = OVERLAP / timedelta(hours=1)
    """For how long the old secret signs as well."""


class ReplayWanted(_Body):
    """From where everything is sent again."""

    begin: Annotated[str, Field(alias="from", max_length=500)]
    """A cursor of the feed, `beginning`, or `now` (which leaves out what is outstanding)."""


class ResumeWanted(_Body):
    """How deliveries go on."""

    skip: bool = False
    """Leave out the event at which each parked customer is parked; the log says which."""


class Backlog(BaseModel):
    """How far it is."""

    behind: int
    """Positions of the ledger that were not looked at yet; of those it may want fewer."""
    waiting_customers: int
    """Customers of whom an event was not accepted: it and those after it are tried again."""
    parked_customers: int
    """Those among them who are tried no more until the webhook is resumed."""
    oldest_recorded: str | None
    """When the first event was recorded that is outstanding; null: nothing is."""
    next_try: str | None


class Webhook(BaseModel):
    """A subscription, and how far it is."""

    id: str
    url: str
    description: str
    types: list[str]
    customers: list[str]
    sealed: bool
    batch: int
    active: bool
    state: Literal["active", "parked", "gone"]
    reason: str | None
    """Why it is not active."""
    state_since: str
    failing_since: str | None
    """Since when the receiver has been away."""
    created_at: str
    created_by: str
    cursor: str
    """Of the feed: up to where everything was accepted, or waits."""
    backlog: Backlog


class WebhookMade(Webhook):
    """A subscription with its secret, which is told this once."""

    secret: str


class WebhookPage(BaseModel):
    """Subscriptions, oldest first."""

    webhooks: list[Webhook]
    next: str | None
    """The cursor of the next page; null: this is the last."""


class SecretMade(BaseModel):
    """A new secret, told this once."""

    secret: str
    overlap_hours: float


class Attempt(BaseModel):
    """One attempt to deliver a message."""

    at: str
    message: str
    """The header webhook-id."""
    events: int
    position: int | None
    """Of the first event; null: a test."""
    customer: str | None
    """null: several, or none."""
    attempt: int
    outcome: Literal["accepted", "failed", "skipped"]
    status: int | None
    duration_ms: int | None
    error: str | None
    next_at: str | None
    """When it is tried again."""


class AttemptPage(BaseModel):
    """The log, the latest first."""

    deliveries: list[Attempt]
    next: str | None


class Tried(BaseModel):
    """What became of a test."""

    accepted: bool
    message: str
    status: int | None
    duration_ms: int
    error: str | None
