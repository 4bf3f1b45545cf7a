"""Rows that are written once. The model refuses, and a trigger refuses what bypasses the model."""

from typing import Any, NoReturn

from django.db import migrations, models


class AppendOnly(models.Model):
    """A row of a ledger: inserted, read, never changed. Corrections are counter-entries."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None and not self._state.adding:
            raise TypeError(f"{type(self).__name__} rows are never changed; write a counter-entry.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError(f"{type(self).__name__} rows are never deleted; write a counter-entry.")


FUNCTION = """
CREATE OR REPLACE FUNCTION kernel_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND to_jsonb(OLD) - TG_ARGV = to_jsonb(NEW) - TG_ARGV THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION '% rows are append-only: % refused', TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'restrict_violation';
END $$;
"""


def append_only_trigger(table: str, *, except_columns: tuple[str, ...] = ()) -> migrations.RunSQL:
    """The migration step that makes a table append-only, but for the named columns.

    TRUNCATE stays possible for whoever owns the table, which the application's role does not.
    """
    arguments = ", ".join(f"'{column}'" for column in except_columns)
    return migrations.RunSQL(
        f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION kernel_append_only({arguments});",
        f"DROP TRIGGER append_only ON {table};",
    )
