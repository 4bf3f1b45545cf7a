"""Named sets of people told by rules, frozen copies of them, and what people are worth."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.models import Customer, CustomerGroup


class Segment(models.Model):
    """People who meet rules, whoever they are when it is asked (`orders.segments.rules`)."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    description = models.CharField(_("what for"), max_length=240, blank=True)
    rules = models.JSONField(_("rules"))
    # Kept equal to the segment, so that promotions can be for its people; one's own, never a
    # group that staff fill by hand.
    group = models.OneToOneField(
        CustomerGroup,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="segment",
        verbose_name=_("fills the customer group"),
    )
    filled_at = models.DateTimeField(_("group filled"), null=True, blank=True)
    created_at = models.DateTimeField(_("made"))
    changed_at = models.DateTimeField(_("changed"))
    changed_by = models.CharField(_("by"), max_length=80)

    class Meta:
        verbose_name = pgettext_lazy("people", "segment")
        verbose_name_plural = pgettext_lazy("people", "segments")
        ordering = ["name"]
        permissions = [("export_segment", "Can export the people of a segment")]

    def __str__(self) -> str:
        return self.name


class SegmentSnapshot(models.Model):
    """The people of a segment as they were at an instant; nobody joins or leaves it."""

    segment = models.ForeignKey(Segment, models.CASCADE, related_name="snapshots")
    name = models.CharField(_("name"), max_length=80)
    rules = models.JSONField(_("rules"))
    size = models.PositiveIntegerField(_("people"))
    taken_at = models.DateTimeField(_("frozen"))
    taken_by = models.CharField(_("by"), max_length=80)

    class Meta:
        verbose_name = _("frozen segment")
        verbose_name_plural = _("frozen segments")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.name} · {self.taken_at:%Y-%m-%d}"


class SnapshotMember(models.Model):
    """One person of a frozen segment, by the record that was live then."""

    snapshot = models.ForeignKey(SegmentSnapshot, models.CASCADE, related_name="people")
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["snapshot", "customer"], name="snapshot_member_unique")
        ]

    def __str__(self) -> str:
        return f"{self.snapshot_id}: {self.customer_id}"


class SegmentExport(models.Model):
    """Who took which people out of the house, when, and what for."""

    segment = models.ForeignKey(Segment, models.SET_NULL, null=True, related_name="exports")
    snapshot = models.ForeignKey(SegmentSnapshot, models.SET_NULL, null=True, related_name="+")
    name = models.CharField(_("segment"), max_length=80)
    columns = models.CharField(_("columns"), max_length=120)
    rows = models.PositiveIntegerField(_("people"))
    reason = models.CharField(_("what for"), max_length=200)
    by = models.CharField(_("by"), max_length=80)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("export of people")
        verbose_name_plural = _("exports of people")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="segment_export_says_why")
        ]

    def __str__(self) -> str:
        return f"{self.name} · {self.rows}"


class GroupChange(models.Model):
    """A person joined or left a group because a segment fills it."""

    segment = models.ForeignKey(Segment, models.CASCADE, related_name="group_changes")
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+")
    joined = models.BooleanField(_("joined"))
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("change of a group")
        verbose_name_plural = _("changes of groups")
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["segment", "-at"], name="group_change_segment"),
            models.Index(fields=["customer", "-at"], name="group_change_customer"),
        ]

    def __str__(self) -> str:
        return f"{self.segment_id}: {'+' if self.joined else '−'}{self.customer_id}"


class CustomerValue(models.Model):
    """What a live person's purchases say, as of last night; nobody without a purchase (ALG-6, 7).

    A score is 1 + the fifths of all buyers who are strictly below: equal values, equal score.
    """

    customer = models.OneToOneField(
        Customer, models.CASCADE, primary_key=True, related_name="value", verbose_name=_("customer")
    )
    first_on = models.DateField(_("first purchase"))
    last_on = models.DateField(_("last purchase"))
    last_by_channel = models.JSONField(_("last purchase by channel"))  # {"web": "2026-11-17"}
    frequency = models.PositiveIntegerField(_("purchases"))
    monetary_minor = models.BigIntegerField(_("amount"))
    r = models.PositiveSmallIntegerField(_("recency"))
    f = models.PositiveSmallIntegerField(_("frequency"))
    m = models.PositiveSmallIntegerField(_("amount"))
    interval_days = models.FloatField(_("days between purchases"), null=True)
    expected_on = models.DateField(_("next purchase expected"), null=True)
    computed_at = models.DateTimeField(_("computed"))

    class Meta:
        verbose_name = _("value of a customer")
        verbose_name_plural = _("values of customers")
        constraints = [
            models.CheckConstraint(
                condition=Q(r__range=(1, 5), f__range=(1, 5), m__range=(1, 5)),
                name="customer_value_scores",
            ),
            models.CheckConstraint(
                condition=Q(frequency__gt=0, last_on__gte=models.F("first_on")),
                name="customer_value_bought",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.r}{self.f}{self.m}"
