"""The service desk: one case with one number, whatever channels it goes through."""

import secrets
from datetime import datetime
from pathlib import PurePath
from typing import Any, Self
from uuid import uuid4

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.files.storage import Storage, storages
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.models.customer import Customer
from omnishop.kernel.append_only import AppendOnly
from omnishop.network.hours import after_open_minutes
from omnishop.network.models import Store, User
from omnishop.network.models.store import check_opening_hours
from omnishop.network.selectors import sees_all_stores


def new_token() -> str:
    """128 random bits: the link by which somebody comes back to their case without sign-in."""
    return secrets.token_urlsafe(16)


class CaseQuerySet(models.QuerySet["Case"]):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Cases a member of staff works with: those of their stores, and those they were given."""
        if sees_all_stores(user):
            return self
        if not user.is_authenticated or not user.is_active or not user.is_staff:
            return self.none()
        stores = Store.objects.visible_to(user).values("pk")
        return self.filter(Q(store__in=stores) | Q(assignee=user))

    def live(self) -> Self:
        """Cases that were not joined to another."""
        return self.filter(merged_into__isnull=True)

    def open(self) -> Self:
        """Cases in which the next word is ours."""
        return self.filter(status=Case.Status.OPEN, merged_into__isnull=True)

    def of(self, customer: Customer) -> Self:
        """A person's cases, those of merged records among them, newest first."""
        return (
            self.live()
            .filter(Q(customer=customer) | Q(customer__merged_into=customer))
            .order_by("-last_at", "-pk")
        )

    def locked(self) -> Self:
        """Lock until commit, in key order."""
        return self.select_for_update(of=("self",)).order_by("pk")


class Case(models.Model):
    """Something a person asks of us, from the first word to the last, in all channels."""

    class Status(models.TextChoices):
        OPEN = "open", pgettext_lazy("case", "to answer")
        WAITING = "waiting", pgettext_lazy("case", "waiting for the customer")
        SOLVED = "solved", pgettext_lazy("case", "solved")
        CLOSED = "closed", pgettext_lazy("case", "closed")

    class Priority(models.IntegerChoices):
        URGENT = 1, pgettext_lazy("case", "urgent")
        HIGH = 2, pgettext_lazy("case", "high")
        NORMAL = 3, pgettext_lazy("case", "normal")
        LOW = 4, pgettext_lazy("case", "low")

    class Channel(models.TextChoices):
        FORM = "form", pgettext_lazy("case", "form on the site")
        EMAIL = "email", pgettext_lazy("case", "e-mail")
        PHONE = "phone", pgettext_lazy("case", "telephone")
        SHOP = "shop", pgettext_lazy("case", "shop")
        CHAT = "chat", pgettext_lazy("case", "chat on the site")

    number = models.CharField(_("number"), max_length=12, unique=True)  # "K-000042"
    token = models.CharField(max_length=32, unique=True, default=new_token, editable=False)
    subject = models.CharField(_("subject"), max_length=160)
    customer = models.ForeignKey(
        Customer,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="cases",
        verbose_name=_("customer"),
    )  # empty until the person is known for certain
    name = models.CharField(_("name"), max_length=160, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)  # where our answers go
    phone = models.CharField(_("telephone"), max_length=20, blank=True)  # E.164
    language = models.CharField(_("language"), max_length=2, default="fr")
    channel = models.CharField(_("begun by"), max_length=8, choices=Channel)
    status = models.CharField(_("status"), max_length=8, choices=Status, default=Status.OPEN)
    priority = models.PositiveSmallIntegerField(
        _("priority"), choices=Priority, default=Priority.NORMAL
    )
    store = models.ForeignKey(
        Store,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("store"),
    )  # whose people deal with it; empty: customer service
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="cases",
        verbose_name=_("dealt with by"),
    )
    document = models.CharField(_("order"), max_length=20, blank=True, db_index=True)
    merged_into = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="merged_from",
        verbose_name=_("joined to"),
    )
    version = models.PositiveIntegerField(default=0)  # one more with everything written
    due_at = models.DateTimeField(_("answer due"), null=True, blank=True)
    opened_at = models.DateTimeField(_("begun"))
    last_at = models.DateTimeField(_("last word"))
    solved_at = models.DateTimeField(_("solved on"), null=True, blank=True)

    objects = CaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("case")
        verbose_name_plural = _("cases")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(merged_into=models.F("id")), name="case_not_merged_into_self"
            ),
            # What waits for us has a time by which; what does not, has none.
            models.CheckConstraint(
                condition=Q(status="open", due_at__isnull=False)
                | Q(~Q(status="open"), due_at__isnull=True),
                name="case_open_has_due",
            ),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | Q(status="closed"),
                name="case_merged_is_closed",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                name="case_due",
                condition=Q(status="open", merged_into__isnull=True),
            ),
            models.Index(fields=["customer", "-last_at"], name="case_of_customer"),
            models.Index(fields=["email"], name="case_email"),
            models.Index(fields=["-last_at"], name="case_last"),
            models.Index(fields=["solved_at"], name="case_to_close", condition=Q(status="solved")),
        ]

    def __str__(self) -> str:
        return f"{self.number} · {self.subject}"

    @property
    def signature(self) -> str:
        """What a reply address and our Message-IDs carry, so that a typed number opens nothing.

        80 bits in hexadecimal: mail systems may change the case of letters.
        """
        return case_signature(self.number)

    @property
    def reply_address(self) -> str:
        """Where an answer by mail comes back to this case."""
        local, _at, domain = str(settings.CARE_EMAIL).partition("@")
        return f"{local}+{self.number.lower()}.{self.signature}@{domain}"


def case_signature(number: str) -> str:
    """The signature of a case number."""
    return salted_hmac("customers.case", number.upper()).hexdigest()[:20]


def signed_number(number: str, signature: str) -> bool:
    """Whether a number carries its own signature."""
    return constant_time_compare(case_signature(number), signature.lower())


class CaseEntry(AppendOnly):
    """One word in a case: of the customer, of staff, or what was done. Written once."""

    class Kind(models.TextChoices):
        MESSAGE = "message", pgettext_lazy("case", "message")
        EVENT = "event", pgettext_lazy("case", "what was done")

    class Side(models.TextChoices):
        CUSTOMER = "customer", pgettext_lazy("case", "customer")
        STAFF = "staff", pgettext_lazy("case", "staff")
        SYSTEM = "system", pgettext_lazy("case", "system")

    case = models.ForeignKey(Case, models.PROTECT, related_name="entries")
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.MESSAGE)
    side = models.CharField(_("of"), max_length=8, choices=Side)
    channel = models.CharField(_("channel"), max_length=8, choices=Case.Channel, blank=True)
    internal = models.BooleanField(_("for staff only"), default=False)
    text = models.TextField(_("text"), blank=True)
    what = models.CharField(_("event"), max_length=20, blank=True)  # "assigned", "refunded"
    data = models.JSONField(default=dict)  # of an event: names, numbers, amounts
    sender = models.CharField(_("from"), max_length=254, blank=True)  # of an e-mail
    actor = models.CharField(_("by"), max_length=80)  # "customer", "user:7", "task"
    key = models.CharField(max_length=120, unique=True)  # a repeat is not written again
    message_id = models.CharField(max_length=250, blank=True)  # of the e-mail, in or out
    in_reply_to = models.CharField(max_length=250, blank=True)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("entry of a case")
        verbose_name_plural = _("entries of cases")
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["message_id"], name="case_entry_mail_once", condition=~Q(message_id="")
            ),
            models.CheckConstraint(
                condition=Q(internal=False) | ~Q(side="customer"), name="case_entry_customer_public"
            ),
            models.CheckConstraint(
                condition=Q(kind="event") | Q(what=""), name="case_entry_event_has_what"
            ),
        ]
        indexes = [
            models.Index(fields=["case", "at"], name="case_entry_of_case"),
            GinIndex(OpClass(Upper("text"), name="gin_trgm_ops"), name="case_entry_text_trgm"),
        ]

    def __str__(self) -> str:
        return self.what or self.text[:60]


def private_storage() -> Storage:
    """Where nothing is served from."""
    return storages["private"]


def _attachment_path(attachment: "CaseAttachment", filename: str) -> str:
    """A name of ours: the sender's is shown, never used."""
    return f"cases/{uuid4().hex}{PurePath(filename).suffix.lower()[:6]}"


class CaseAttachment(models.Model):
    """A file that came or went with an entry; its kind was read from its first bytes."""

    entry = models.ForeignKey(CaseEntry, models.PROTECT, related_name="attachments")
    name = models.CharField(_("name"), max_length=120)  # the sender's
    kind = models.CharField(_("kind"), max_length=40)  # "image/jpeg", as we read it
    size = models.PositiveIntegerField(_("bytes"))
    file = models.FileField(storage=private_storage, upload_to=_attachment_path, max_length=80)

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name


class ReplyTemplate(models.Model):
    """Words that staff begin an answer with; {name}, {number}, {order}, {store}, {agent}."""

    name = models.CharField(_("name"), max_length=80)
    language = models.CharField(
        _("language"), max_length=2, choices=[("fr", _("French")), ("en", _("English"))]
    )
    text = models.TextField(
        _("text"),
        help_text=_("{name}, {number}, {order}, {store} and {agent} are filled in."),
    )
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("text for answers")
        verbose_name_plural = _("texts for answers")
        ordering = ["name", "language"]
        constraints = [
            models.UniqueConstraint(fields=["name", "language"], name="reply_template_unique")
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.language})"

    def filled(self, **values: Any) -> str:
        """The text with its places filled; an unknown place stays as it was typed."""
        text = self.text
        for name, value in values.items():
            text = text.replace("{" + name + "}", str(value))
        return text


class ServiceLevel(models.Model):
    """Within how much open time we answer a case of a priority."""

    priority = models.PositiveSmallIntegerField(_("priority"), choices=Case.Priority, unique=True)
    minutes = models.PositiveIntegerField(
        _("minutes to answer"), help_text=_("Of the desk's opening hours, or the store's")
    )
    opening_hours = models.CharField(
        _("desk's opening hours"),
        max_length=200,
        default="Mo-Sa 09:00-19:00; PH off",
        validators=[check_opening_hours],
        help_text=_("OpenStreetMap format, for example Mo-Fr 10:00-19:30; Sa 09:30-20:00; PH off"),
    )

    class Meta:
        verbose_name = _("time to answer")
        verbose_name_plural = _("times to answer")
        ordering = ["priority"]
        constraints = [
            models.CheckConstraint(condition=Q(minutes__gt=0), name="service_level_positive")
        ]

    def __str__(self) -> str:
        return f"{self.get_priority_display()}: {self.minutes}"

    def due(self, since: datetime, store: Store | None) -> datetime:
        """The instant by which we answer what was asked at `since`, in open time."""
        place = store or Store(opening_hours=self.opening_hours, timezone=settings.TIME_ZONE)
        return after_open_minutes(place, since, self.minutes)
