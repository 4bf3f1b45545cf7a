"""What the database holds of prices, operations and typed attributes."""

from django.db import migrations

# A price that was or is in force is history (PRC-1). One that nobody has seen yet may be taken
# back: a planned change that is undone.
HISTORY = """
CREATE FUNCTION catalog_price_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND to_jsonb(OLD) - 'valid_to' = to_jsonb(NEW) - 'valid_to' THEN
    RETURN NEW;
  END IF;
  IF TG_OP = 'DELETE' AND OLD.valid_from > now() THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'catalog_price rows are append-only: % refused', TG_OP
    USING ERRCODE = 'restrict_violation';
END $$;
DROP TRIGGER append_only ON catalog_price;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON catalog_price
  FOR EACH ROW EXECUTE FUNCTION catalog_price_history();
"""
NO_HISTORY = """
DROP TRIGGER append_only ON catalog_price;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON catalog_price
  FOR EACH ROW EXECUTE FUNCTION kernel_append_only('valid_to');
DROP FUNCTION catalog_price_history();
"""

# Tables of which a process remembers what is in them (`catalog.book`).
REMEMBERED = (
    "catalog_operation",
    "catalog_operation_stores",
    "catalog_promotion",
    "catalog_promotion_products",
    "catalog_promotion_categories",
    "catalog_promotion_brands",
    "catalog_bundleitem",
)
VERSION = """
CREATE FUNCTION catalog_book_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO catalog_bookversion AS v (id, token) VALUES (1, gen_random_uuid())
  ON CONFLICT (id) DO UPDATE SET token = EXCLUDED.token;
  RETURN NULL;
END $$;
INSERT INTO catalog_bookversion (id, token) VALUES (1, gen_random_uuid());
CREATE TRIGGER book_changed AFTER UPDATE OF path ON catalog_category
  FOR EACH STATEMENT EXECUTE FUNCTION catalog_book_changed();
""" + "".join(
    f"""
CREATE TRIGGER book_changed AFTER INSERT OR UPDATE OR DELETE ON {table}
  FOR EACH STATEMENT EXECUTE FUNCTION catalog_book_changed();
"""
    for table in REMEMBERED
)
NO_VERSION = (
    "DROP TRIGGER book_changed ON catalog_category;"
    + "".join(f"DROP TRIGGER book_changed ON {table};" for table in REMEMBERED)
    + "DROP FUNCTION catalog_book_changed();"
)

TYPED = """
CREATE FUNCTION catalog_typed_attribute() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE kind text; listed boolean;
BEGIN
  SELECT a.kind, a.kind IN ('choice', 'colour', 'boolean') INTO kind, listed
    FROM catalog_attribute a WHERE a.id = NEW.attribute_id;
  IF listed IS DISTINCT FROM (NEW.value_id IS NOT NULL)
     OR (kind = 'text') IS DISTINCT FROM (coalesce(NEW.text_fr, NEW.text_en, NEW.text, '') <> '')
     OR (kind = 'number') IS DISTINCT FROM (NEW.number IS NOT NULL)
     OR (kind = 'date') IS DISTINCT FROM (NEW.day IS NOT NULL)
     OR (listed AND NOT EXISTS (SELECT FROM catalog_attributevalue v
                                 WHERE v.id = NEW.value_id AND v.attribute_id = NEW.attribute_id))
  THEN
    RAISE EXCEPTION 'the value of attribute % is not of its type', NEW.attribute_id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'product_attribute_typed';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER typed BEFORE INSERT OR UPDATE ON catalog_productattribute
  FOR EACH ROW EXECUTE FUNCTION catalog_typed_attribute();
"""
UNTYPED = """
DROP TRIGGER typed ON catalog_productattribute;
DROP FUNCTION catalog_typed_attribute();
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0010_reference_and_operations")]
    operations = [
        migrations.RunSQL(HISTORY, NO_HISTORY),
        migrations.RunSQL(VERSION, NO_VERSION),
        migrations.RunSQL(TYPED, UNTYPED),
    ]
