"""The Celery application. Beat's schedule is in the database (`omnishop.kernel.schedule`)."""

import os
from typing import Any

from celery import Celery, Task

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "omnishop.settings")


class Named(Task):  # type: ignore[type-arg]  # generic in the stubs alone
    """A task whose changes of the catalogue are kept under its name."""

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        from catalog.acting import acting  # it needs the settings

        with acting(f"task:{self.name}"):
            return super().__call__(*args, **kwargs)


app = Celery("omnishop", task_cls=Named)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
