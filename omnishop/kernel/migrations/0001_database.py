"""What every later migration stands on: extensions, the append-only guard, text search."""

from django.contrib.postgres.operations import (
    BtreeGistExtension,
    TrigramExtension,
    UnaccentExtension,
)
from django.db import migrations

from omnishop.kernel.append_only import FUNCTION

# Accents are dropped before stemming, so that "bebe" finds "bébé".
SEARCH = """
CREATE TEXT SEARCH CONFIGURATION omnishop_fr (COPY = french);
ALTER TEXT SEARCH CONFIGURATION omnishop_fr
  ALTER MAPPING FOR hword, hword_part, word WITH unaccent, french_stem;
CREATE TEXT SEARCH CONFIGURATION omnishop_en (COPY = english);
ALTER TEXT SEARCH CONFIGURATION omnishop_en
  ALTER MAPPING FOR hword, hword_part, word WITH unaccent, english_stem;
-- unaccent() itself is only STABLE; naming its dictionary makes it fit for an index.
CREATE FUNCTION plain_text(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  AS $$ SELECT lower(public.unaccent('public.unaccent', $1)) $$;
"""
UNDO = """
DROP FUNCTION plain_text(text);
DROP TEXT SEARCH CONFIGURATION omnishop_en;
DROP TEXT SEARCH CONFIGURATION omnishop_fr;
"""


class Migration(migrations.Migration):
    initial = True
    dependencies: list[tuple[str, str]] = []
    operations = [
        BtreeGistExtension(),
        TrigramExtension(),
        UnaccentExtension(),
        migrations.RunSQL(FUNCTION, "DROP FUNCTION kernel_append_only();"),
        migrations.RunSQL(SEARCH, UNDO),
    ]
