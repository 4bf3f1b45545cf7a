"""Beat's schedule: which task runs how often (DESIGN 3.7)."""

from typing import Any

from django.contrib import admin
from django_celery_beat import admin as beat
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from omnishop.kernel.admin import StoreModelAdmin

for model in (ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule):
    admin.site.unregister(model)


class _TaskSelect(UnfoldAdminSelectWidget, beat.TaskSelectWidget):
    """The tasks there are, in the look of the back office."""


class PeriodicTaskForm(beat.PeriodicTaskForm):
    """The package's form with our widgets."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["task"].widget = UnfoldAdminTextInputWidget()
        self.fields["regtask"].widget = _TaskSelect()


@admin.register(PeriodicTask)
class PeriodicTaskAdmin(StoreModelAdmin, beat.PeriodicTaskAdmin):
    form = PeriodicTaskForm
    list_display = ("name", "enabled", "interval", "crontab", "last_run_at", "total_run_count")
    list_filter = ("enabled",)
    list_select_related = ("interval", "crontab")
    date_hierarchy = None
    ordering = ("name",)


@admin.register(IntervalSchedule)
class IntervalScheduleAdmin(StoreModelAdmin):
    list_display = ("__str__", "every", "period")


@admin.register(CrontabSchedule)
class CrontabScheduleAdmin(StoreModelAdmin, beat.CrontabScheduleAdmin):
    pass
