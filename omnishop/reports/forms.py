"""What a reader asks of a report; all of it lies in the address (UX R1)."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.utils.translation import gettext_lazy as _

from omnishop.network.models import Store, User
from omnishop.network.selectors import sees_all_stores
from omnishop.reports.selectors import SITE, Question, stores_of
from orders.models import Channel

LONGEST = 3660  # days
EARLIEST = 1990  # year


class Period(models.TextChoices):
    """Spans that are asked for often."""

    TODAY = "today", _("Today")
    YESTERDAY = "yesterday", _("Yesterday")
    WEEK = "7", _("Last 7 days")
    MONTH = "30", _("Last 30 days")
    QUARTER = "90", _("Last 90 days")
    YEAR = "365", _("Last 365 days")
    OWN = "own", _("Dates of your own")


class Comparison(models.TextChoices):
    """What the figures are held against."""

    NONE = "", _("Nothing")
    BEFORE = "before", _("The period before")
    YEAR = "year", _("A year before")


class SalesForm(forms.Form):
    """Period, store, channel, comparison."""

    period = forms.ChoiceField(
        label=_("Period"), choices=Period.choices, required=False, initial=Period.MONTH
    )
    first = forms.DateField(
        label=_("From"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )
    last = forms.DateField(
        label=_("To"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )
    channel = forms.ChoiceField(
        label=_("Channel"), choices=[("", _("All")), *Channel.choices], required=False
    )
    store = forms.ChoiceField(label=_("Store"), required=False)
    compare = forms.ChoiceField(label=_("Compare with"), choices=Comparison.choices, required=False)

    def __init__(self, *args: Any, user: User | AnonymousUser, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.today = user, today
        names = [
            (str(pk), name) for pk, name in Store.objects.visible_to(user).values_list("pk", "name")
        ]
        site = [("site", _("Site"))] if sees_all_stores(user) else []
        field: Any = self.fields["store"]
        field.choices = [("", _("All")), *site, *names]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        first, last = data.get("first"), data.get("last")
        if data.get("period") == Period.OWN and not self.errors:
            if first is None or last is None:
                raise forms.ValidationError(_("Give both dates: from and to."))
            if last < first:
                self.add_error("last", _("The last day comes before the first."))
            elif first.year < EARLIEST or last.year > self.today.year + 1:
                self.add_error("first", _("There are no sales that far away."))
            elif (last - first).days > LONGEST:
                self.add_error("last", _("Ask for ten years at the most."))
        return data

    def _span(self, data: dict[str, Any]) -> tuple[date, date]:
        period = data.get("period") or Period.MONTH
        if period == Period.OWN:
            return data["first"], data["last"]
        if period == Period.TODAY:
            return self.today, self.today
        if period == Period.YESTERDAY:
            return self.today - timedelta(days=1), self.today - timedelta(days=1)
        return self.today - timedelta(days=int(period) - 1), self.today

    def question(self) -> Question:
        """What is asked; the last thirty days where the answer sheet is empty or wrong."""
        data = self.cleaned_data if self.is_valid() else {}
        first, last = self._span(data)
        store = data.get("store")
        stores: tuple[int, ...] | None = stores_of(self.user)
        if store:
            stores = (SITE if store == "site" else int(store),)
        days = (last - first).days + 1
        step = "day" if days <= 62 else "week" if days <= 400 else "month"
        return Question(first, last, data.get("channel") or "", stores, step)

    def compared(self) -> Question | None:
        """The same of an earlier time, or None."""
        how = self.cleaned_data.get("compare") if self.is_valid() else ""
        if not how:
            return None
        asked = self.question()
        if how == Comparison.BEFORE:
            shift = timedelta(days=asked.days)
            first, last = asked.first - shift, asked.last - shift
        else:
            first, last = _year_before(asked.first), _year_before(asked.last)
        return Question(first, last, asked.channel, asked.stores, asked.step)


def _year_before(day: date) -> date:
    """The same day a year earlier; 29 February becomes 28."""
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return day.replace(year=day.year - 1, day=28)
