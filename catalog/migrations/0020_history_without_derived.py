"""What lists, search and stars keep of a product is derived: it is no history."""

from django.db import migrations

KEEP = """
SELECT catalog_keep_history('catalog_product', 'id', VARIADIC
  ARRAY['popularity', 'created_at', 'updated_at'] || ARRAY(
    SELECT attname::text FROM pg_attribute
     WHERE attrelid = 'catalog_product'::regclass AND attnum > 0 AND NOT attisdropped
       AND attname ~ '^(search|listed|rating)'));
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0019_reviews")]
    operations = [migrations.RunSQL(KEEP, migrations.RunSQL.noop)]
