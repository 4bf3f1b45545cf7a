"""Synonyms, known words, the search log; how much a listed product's price is cut."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
from django.db import migrations, models

# Whether anything on sale has these words: by the index, even where it seems dear to the planner.
FINDS = """
CREATE FUNCTION catalog_finds(words text, lang text) RETURNS boolean LANGUAGE plpgsql STABLE
  SET enable_seqscan = off AS $$
BEGIN
  IF lang = 'en' THEN
    RETURN EXISTS (SELECT 1 FROM catalog_product
      WHERE search_en @@ to_tsquery('omnishop_en', words) AND status = 'active');
  END IF;
  RETURN EXISTS (SELECT 1 FROM catalog_product
    WHERE search_fr @@ to_tsquery('omnishop_fr', words) AND status = 'active');
END $$
"""
# A text, and its compounds in one word: "T-shirt" is found as "tshirt" too.
COMPOUNDS = """
CREATE FUNCTION catalog_compounds(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT concat_ws(' ', $1, (
    SELECT string_agg(replace(m[1], '-', ''), ' ')
      FROM regexp_matches($1, '[[:alnum:]]+(?:-[[:alnum:]]+)+', 'g') m))
$$
"""
# The known word that a word with a typo stands for. People rarely miss the first letter unless
# they swap it with the second: without both, "table" would be "sable".
NEAREST = """
CREATE FUNCTION catalog_nearest(typed text, lang text, beginning boolean)
  RETURNS TABLE (word text, sure boolean) LANGUAGE sql STABLE
  SET pg_trgm.word_similarity_threshold = 0.3 AS $$
  SELECT k.word, k.distance <= CASE WHEN length(typed) < 5 THEN 1 ELSE 2 END AND k.begins
    FROM (SELECT w.word, w.products, w.plain,
                 levenshtein(CASE WHEN beginning THEN left(w.plain, length(typed))
                                  ELSE w.plain END, typed) AS distance,
                 left(w.plain, 1) = left(typed, 1)
                 OR left(w.plain, 2) = reverse(left(typed, 2)) AS begins
            FROM catalog_searchword w
           WHERE w.language = lang AND typed <% w.plain
             AND (beginning OR abs(length(w.plain) - length(typed)) <= 3)) k
   WHERE k.distance <= 3 AND k.distance * 2 <= length(typed)
   ORDER BY k.begins DESC, k.distance, similarity(k.plain, typed) DESC, k.products DESC, k.word
   LIMIT 1
$$
"""
ALIKE = """
CREATE FUNCTION catalog_alike(words text) RETURNS SETOF bigint LANGUAGE sql STABLE
  SET pg_trgm.word_similarity_threshold = 0.45
  AS 'SELECT id FROM catalog_product WHERE words <% search_words'
"""  # what NEAREST takes the place of


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0011_price_book"),
    ]

    operations = [
        migrations.RunSQL("CREATE EXTENSION IF NOT EXISTS fuzzystrmatch", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="product",
            name="listed_cut_bp",
            field=models.PositiveIntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.CreateModel(
            name="SearchLog",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField(verbose_name="day")),
                (
                    "language",
                    models.CharField(
                        choices=[("fr", "French"), ("en", "English")],
                        max_length=2,
                        verbose_name="language",
                    ),
                ),
                ("words", models.CharField(max_length=100, verbose_name="words")),
                ("searches", models.PositiveIntegerField(default=0, verbose_name="searches")),
                ("not_found", models.PositiveIntegerField(default=0, verbose_name="found nothing")),
                (
                    "results",
                    models.PositiveIntegerField(default=0, verbose_name="articles found last"),
                ),
                ("clicks", models.PositiveIntegerField(default=0, verbose_name="articles opened")),
            ],
            options={
                "verbose_name": "search",
                "verbose_name_plural": "searches",
                "ordering": ["-day", "-not_found", "-searches", "pk"],
                "indexes": [
                    models.Index(
                        fields=["-day", "-not_found", "-searches", "id"],
                        name="search_log_not_found",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("day", "language", "words"), name="search_log_unique"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SearchWord",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "language",
                    models.CharField(choices=[("fr", "French"), ("en", "English")], max_length=2),
                ),
                ("word", models.CharField(max_length=60)),
                ("plain", models.CharField(max_length=60)),
                ("products", models.PositiveIntegerField(default=0)),
            ],
            options={
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["plain"], name="search_word_like", opclasses=["gin_trgm_ops"]
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("language", "plain"), name="search_word_unique")
                ],
            },
        ),
        migrations.CreateModel(
            name="Synonym",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "language",
                    models.CharField(
                        choices=[("fr", "French"), ("en", "English")],
                        default="fr",
                        max_length=2,
                        verbose_name="language",
                    ),
                ),
                (
                    "typed",
                    models.CharField(
                        blank=True,
                        default="",
                        help_text="Empty: every word finds all the others. Filled: this finds them, one way.",
                        max_length=60,
                        verbose_name="only when this is typed",
                    ),
                ),
                (
                    "words",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=60),
                        help_text="Separated by commas: sac de couchage, duvet",
                        size=None,
                        verbose_name="words",
                    ),
                ),
                ("changed_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "verbose_name": "synonym",
                "verbose_name_plural": "synonyms",
                "ordering": ["language", "pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("words__len__gte", 2),
                            models.Q(
                                ("words__len__gte", 1), models.Q(("typed", ""), _negated=True)
                            ),
                            _connector="OR",
                        ),
                        name="synonym_says_something",
                    )
                ],
            },
        ),
        migrations.RunSQL(COMPOUNDS, "DROP FUNCTION catalog_compounds(text)"),
        migrations.RunSQL(FINDS, "DROP FUNCTION catalog_finds(text, text)"),
        migrations.RunSQL(NEAREST, "DROP FUNCTION catalog_nearest(text, text, boolean)"),
        migrations.RunSQL("DROP FUNCTION catalog_alike(text)", ALIKE),
    ]
