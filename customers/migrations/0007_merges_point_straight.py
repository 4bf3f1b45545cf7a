"""A merge points straight to a live record (CUS-1), whoever writes it and however many at once."""

from django.db import migrations

# At the end of the statement, so that one statement may move a whole family of records. The lock
# on the target makes two merges wait for each other: the second sees what the first has done.
TRIGGER = """
CREATE FUNCTION customers_merge_straight() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE beyond bigint;
BEGIN
  SELECT merged_into_id INTO beyond FROM customers_customer
   WHERE id = NEW.merged_into_id FOR NO KEY UPDATE;
  IF beyond IS NOT NULL
     OR EXISTS (SELECT FROM customers_customer WHERE merged_into_id = NEW.id) THEN
    RAISE EXCEPTION 'customer % is merged into %, which is not a live record',
      NEW.id, NEW.merged_into_id USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER merge_straight AFTER INSERT OR UPDATE OF merged_into_id
  ON customers_customer NOT DEFERRABLE FOR EACH ROW
  WHEN (NEW.merged_into_id IS NOT NULL) EXECUTE FUNCTION customers_merge_straight();
"""


class Migration(migrations.Migration):
    dependencies = [("customers", "0006_matching")]
    operations = [
        migrations.RunSQL(
            TRIGGER,
            "DROP TRIGGER merge_straight ON customers_customer; "
            "DROP FUNCTION customers_merge_straight;",
        )
    ]
