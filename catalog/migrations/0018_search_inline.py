"""Ranking reads the vector of every product found: kept in the row, it takes half the time."""

from django.db import migrations

INLINE = """ALTER TABLE catalog_product
  ALTER search_fr SET STORAGE MAIN, ALTER search_en SET STORAGE MAIN"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0017_history")]
    operations = [migrations.RunSQL(INLINE, INLINE.replace("MAIN", "EXTENDED"))]
