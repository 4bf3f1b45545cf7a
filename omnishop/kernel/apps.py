from django.apps import AppConfig, apps
from django.utils.translation import gettext_lazy


class KernelConfig(AppConfig):
    name = "omnishop.kernel"
    label = "kernel"

    def ready(self) -> None:
        """A field that was given no words is shown by its own name, in the reader's language.

        Migrations know the words that a field was given, not these.
        """
        for model in apps.get_models():
            for field in (*model._meta.local_fields, *model._meta.local_many_to_many):
                given = field._verbose_name  # type: ignore[attr-defined]  # not typed by the stubs
                if given is None and isinstance(field.verbose_name, str):
                    field.verbose_name = gettext_lazy(field.verbose_name)
