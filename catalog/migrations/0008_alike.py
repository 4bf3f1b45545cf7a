"""Words with typos are found by the index of likenesses instead of by reading every product."""

from django.db import migrations

CREATE = """
CREATE FUNCTION catalog_alike(words text) RETURNS SETOF bigint LANGUAGE sql STABLE
  SET pg_trgm.word_similarity_threshold = 0.45
  AS 'SELECT id FROM catalog_product WHERE words <% search_words'
"""  # 0.45: a letter or two wrong in a word, found by trial


class Migration(migrations.Migration):
    dependencies = [("catalog", "0007_listed_filled")]
    operations = [migrations.RunSQL(CREATE, "DROP FUNCTION catalog_alike(text)")]
