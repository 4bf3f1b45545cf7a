"""Every change of the catalogue leaves a row, whoever makes it and by whatever door."""

from django.db import migrations

from omnishop.kernel.append_only import append_only_trigger

# `catalog_keep_history` puts the triggers on a table, for all its columns but those named and
# those that only repeat a translation; call it again after adding a column.
#
# owner: the column that leads to the product whose sheet shows the change: `id`, `product_id`,
# `variant_id`, `bundle_id`, or nothing.
FUNCTIONS = """
CREATE FUNCTION catalog_actor() RETURNS text LANGUAGE sql STABLE AS $$
  SELECT coalesce(nullif(current_setting('omnishop.actor', true), ''), 'sql:' || session_user)
$$;

CREATE FUNCTION catalog_product_of(owner text, r jsonb) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN owner IN ('id', 'product_id') THEN (r->>owner)::bigint
              WHEN owner <> '' THEN (SELECT v.product_id FROM catalog_variant v
                                      WHERE v.id = (r->>owner)::bigint) END
$$;

-- Inserts and deletes, a whole statement at once: an import writes thousands of rows.
CREATE FUNCTION catalog_rows_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO catalog_catalogchange
         (table_name, row_id, product_id, action, before, after, actor)
  SELECT TG_TABLE_NAME, (r->>'id')::bigint, catalog_product_of(TG_ARGV[0], r), lower(TG_OP),
         CASE TG_OP WHEN 'DELETE' THEN kept END, CASE TG_OP WHEN 'INSERT' THEN kept END,
         catalog_actor()
    FROM (SELECT r, r - 'id' - TG_ARGV[1:] AS kept
            FROM (SELECT jsonb_strip_nulls(to_jsonb(touched)) AS r FROM touched) x) y;
  RETURN NULL;
END $$;

-- Updates, row by row, of those alone in which a kept column became another.
CREATE FUNCTION catalog_row_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  old_row jsonb := to_jsonb(OLD) - TG_ARGV[1:];
  new_row jsonb := to_jsonb(NEW) - TG_ARGV[1:];
BEGIN
  INSERT INTO catalog_catalogchange
         (table_name, row_id, product_id, action, before, after, actor)
  SELECT TG_TABLE_NAME, NEW.id, catalog_product_of(TG_ARGV[0], to_jsonb(NEW)), 'update',
         jsonb_object_agg(o.key, o.value), jsonb_object_agg(o.key, new_row->o.key),
         catalog_actor()
    FROM jsonb_each(old_row) o WHERE o.value IS DISTINCT FROM new_row->o.key;
  RETURN NULL;
END $$;

CREATE FUNCTION catalog_keep_history(of_table text, owner text, VARIADIC unkept text[])
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  kept text; arguments text;
BEGIN
  SELECT unkept || coalesce(array_agg(a.attname::text), '{}') INTO unkept
    FROM pg_attribute a JOIN pg_attribute t
      ON t.attrelid = a.attrelid AND t.attname = a.attname || '_fr' AND NOT t.attisdropped
   WHERE a.attrelid = of_table::regclass AND a.attnum > 0 AND NOT a.attisdropped;
  SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO kept
    FROM pg_attribute
   WHERE attrelid = of_table::regclass AND attnum > 0 AND NOT attisdropped
     AND attname <> 'id' AND attname <> ALL (unkept);
  SELECT string_agg(quote_literal(word), ', ') INTO arguments
    FROM unnest(array_prepend(owner, unkept)) word;
  EXECUTE format('DROP TRIGGER IF EXISTS history_insert ON %I', of_table);
  EXECUTE format('DROP TRIGGER IF EXISTS history_delete ON %I', of_table);
  EXECUTE format('DROP TRIGGER IF EXISTS history_update ON %I', of_table);
  EXECUTE format(
    'CREATE TRIGGER history_insert AFTER INSERT ON %I REFERENCING NEW TABLE AS touched'
    ' FOR EACH STATEMENT EXECUTE FUNCTION catalog_rows_kept(%s)', of_table, arguments);
  EXECUTE format(
    'CREATE TRIGGER history_delete AFTER DELETE ON %I REFERENCING OLD TABLE AS touched'
    ' FOR EACH STATEMENT EXECUTE FUNCTION catalog_rows_kept(%s)', of_table, arguments);
  EXECUTE format(
    'CREATE TRIGGER history_update AFTER UPDATE OF %s ON %I FOR EACH ROW'
    ' WHEN (ROW(%s) IS DISTINCT FROM ROW(%s))'
    ' EXECUTE FUNCTION catalog_row_changed(%s)',
    kept, of_table,
    (SELECT string_agg('OLD.' || word, ', ') FROM unnest(string_to_array(kept, ', ')) word),
    (SELECT string_agg('NEW.' || word, ', ') FROM unnest(string_to_array(kept, ', ')) word),
    arguments);
END $$;
"""
NO_FUNCTIONS = """
DROP FUNCTION catalog_keep_history(text, text, text[]);
DROP FUNCTION catalog_row_changed();
DROP FUNCTION catalog_rows_kept();
DROP FUNCTION catalog_product_of(text, jsonb);
DROP FUNCTION catalog_actor();
"""

# What is derived is no history; prices are a history themselves.
UNKEPT = {
    "catalog_product": (
        *("popularity", "search_fr", "search_en", "search_words"),
        *("listed_prices", "listed_options", "created_at", "updated_at"),
    ),
    "catalog_category": ("depth", "numchild"),
    "catalog_picture": ("width", "height"),
    "catalog_guide": ("updated_at",),
    "catalog_coupon": ("used",),
}
TABLES = {
    "catalog_product": "id",
    "catalog_variant": "product_id",
    "catalog_variant_options": "variant_id",
    "catalog_productattribute": "product_id",
    "catalog_picture": "product_id",
    "catalog_video": "product_id",
    "catalog_document": "product_id",
    "catalog_relatedproduct": "product_id",
    "catalog_assortment": "product_id",
    "catalog_bundleitem": "bundle_id",
    "catalog_guide_products": "product_id",
    "catalog_attribute": "",
    "catalog_attributevalue": "",
    "catalog_producttype": "",
    "catalog_producttype_attributes": "",
    "catalog_category": "",
    "catalog_brand": "",
    "catalog_guide": "",
    "catalog_guide_categories": "",
    "catalog_taxcategory": "",
    "catalog_vatrate": "",
    "catalog_variablecode": "",
    "catalog_variablearticle": "variant_id",
    "catalog_operation": "",
    "catalog_operation_stores": "",
    "catalog_promotion": "",
    "catalog_promotion_products": "product_id",
    "catalog_promotion_categories": "",
    "catalog_promotion_brands": "",
    "catalog_coupon": "",
}
KEEP = "".join(
    "SELECT catalog_keep_history("
    + ", ".join(f"'{word}'" for word in (table, owner, *UNKEPT.get(table, ("id",))))
    + ");\n"
    for table, owner in TABLES.items()
)
KEEP_NO_MORE = "".join(
    f"DROP TRIGGER history_{event} ON {table};\n"
    for table in TABLES
    for event in ("insert", "delete", "update")
)


class Migration(migrations.Migration):
    dependencies = [("catalog", "0016_changes_and_codes")]
    operations = [
        append_only_trigger("catalog_catalogchange"),
        migrations.RunSQL(FUNCTIONS, NO_FUNCTIONS),
        migrations.RunSQL(KEEP, KEEP_NO_MORE),
    ]
