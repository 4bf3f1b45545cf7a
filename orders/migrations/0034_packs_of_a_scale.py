"""Packs that a shop's scale labelled: lines of their own in a till's sale, and of no other basket."""

from django.db import migrations, models

# A line's insert and a basket's update lock the basket in the services; the triggers hold the rule
# for whatever else writes.
AT_TILL = """
CREATE FUNCTION orders_pack_at_till() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_TABLE_NAME = 'orders_basket' THEN
    IF NOT EXISTS (SELECT FROM orders_basketline WHERE basket_id = NEW.id AND label <> '') THEN
      RETURN NEW;
    END IF;
  ELSIF EXISTS (SELECT FROM orders_basket WHERE id = NEW.basket_id AND till_id IS NOT NULL) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'Packs with a label are sold at a till alone.'
    USING ERRCODE = 'check_violation', CONSTRAINT = 'basket_line_pack_at_till';
END $$;
CREATE TRIGGER pack_at_till BEFORE INSERT OR UPDATE OF basket_id, label ON orders_basketline
  FOR EACH ROW WHEN (NEW.label <> '') EXECUTE FUNCTION orders_pack_at_till();
CREATE TRIGGER pack_at_till BEFORE UPDATE OF till_id ON orders_basket
  FOR EACH ROW WHEN (NEW.till_id IS NULL AND OLD.till_id IS NOT NULL)
  EXECUTE FUNCTION orders_pack_at_till();
"""
ANYWHERE = """
DROP TRIGGER pack_at_till ON orders_basket;
DROP TRIGGER pack_at_till ON orders_basketline;
DROP FUNCTION orders_pack_at_till();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0033_reason_bounces"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="basketline",
            name="basket_line_unique",
        ),
        migrations.AddField(
            model_name="basketline",
            name="label",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=13, verbose_name="label"
            ),
        ),
        migrations.AddField(
            model_name="basketline",
            name="pack_g",
            field=models.PositiveIntegerField(
                blank=True, null=True, verbose_name="weight of the pack"
            ),
        ),
        migrations.AddField(
            model_name="basketline",
            name="pack_minor",
            field=models.PositiveIntegerField(
                blank=True, null=True, verbose_name="price of the pack"
            ),
        ),
        migrations.AddField(
            model_name="orderline",
            name="kilo_minor",
            field=models.PositiveIntegerField(
                blank=True, null=True, verbose_name="price per kilogram"
            ),
        ),
        migrations.AddField(
            model_name="orderline",
            name="label",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=13, verbose_name="label"
            ),
        ),
        migrations.AddField(
            model_name="orderline",
            name="pack_g",
            field=models.PositiveIntegerField(
                blank=True, null=True, verbose_name="weight of the pack"
            ),
        ),
        migrations.AddConstraint(
            model_name="basketline",
            constraint=models.UniqueConstraint(
                fields=("basket", "variant", "label"), name="basket_line_unique"
            ),
        ),
        migrations.AddConstraint(
            model_name="basketline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("label", ""), ("pack_g__isnull", True), ("pack_minor__isnull", True)),
                    models.Q(
                        ("handover", "take_away"),
                        ("label__regex", "^\\d{13}$"),
                        models.Q(
                            models.Q(
                                ("pack_g__isnull", True),
                                ("pack_minor__gt", 0),
                                ("pack_minor__isnull", False),
                            ),
                            models.Q(
                                ("pack_g__gt", 0),
                                ("pack_g__isnull", False),
                                ("pack_minor__isnull", True),
                            ),
                            _connector="OR",
                        ),
                    ),
                    _connector="OR",
                ),
                name="basket_line_pack",
            ),
        ),
        migrations.AddConstraint(
            model_name="orderline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("kilo_minor__isnull", True),
                        ("pack_g__isnull", True),
                        models.Q(("label", ""), ("label__regex", "^\\d{13}$"), _connector="OR"),
                    ),
                    models.Q(
                        ("kilo_minor__isnull", False),
                        ("label__regex", "^\\d{13}$"),
                        ("pack_g__gt", 0),
                        ("pack_g__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="order_line_pack",
            ),
        ),
        migrations.RunSQL(AT_TILL, ANYWHERE),
    ]
