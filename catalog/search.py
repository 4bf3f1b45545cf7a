"""How a shopper's words are read, and what they find (ADR 8).

Words are first read as they stand: every one must be found by its stem or a synonym. Only when
that finds nothing are they read again, in one statement: a word may be a beginning or have a
typo, and words may be left out. Nothing here writes or indexes anew when synonyms change.
"""

import difflib
import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, cast

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.core.cache import cache
from django.db import connection
from django.db.models import F, FloatField, Func, QuerySet, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast

from catalog.models import Product, Synonym
from omnishop.kernel.language import Language, site_language
from omnishop.kernel.letters import without_accents

Phrase = tuple[str, ...]
Synonyms = dict[Phrase, tuple[str, ...]]
MOST_WORDS = 8  # of a search that are read
LONGEST_PHRASE = 4  # words that have a synonym together
SYNONYM_SECONDS = 60  # how long other processes may take to hear of a change
REREAD_SECONDS = 60  # how long words that find nothing as they stand are read alike
SOME = 0.25  # of a rank: below, words were found in descriptions only
TOKEN = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
MEASURE = re.compile(r"(\d+)([a-z]+)")


def plain(text: str) -> str:
    """Lower case without accents, as PostgreSQL's `plain_text`."""
    text = text.lower().replace("œ", "oe").replace("æ", "ae")
    return without_accents(text)


def _singular(word: str) -> str:
    """A word as synonyms are looked up: a plural s or x does not matter."""
    return word[:-1] if len(word) > 3 and word[-1] in "sx" else word


def phrase_of(text: str) -> Phrase:
    """Words as synonyms are looked up; nothing when there is no letter or digit in them."""
    return tuple(_singular(word) for word in re.findall(r"[^\W_]+", plain(text)))


# --- Synonyms ------------------------------------------------------------------------------------


def _synonyms_key(language: Language) -> str:
    return f"catalog:synonyms:{language}"


def forget_synonyms() -> None:
    """Read the synonyms again: they were changed."""
    cache.delete_many([_synonyms_key("fr"), _synonyms_key("en")])


def _read_synonyms(language: Language) -> Synonyms:
    found: dict[Phrase, list[str]] = defaultdict(list)
    for synonym in Synonym.objects.filter(language=language):
        for typed in [synonym.typed] if synonym.typed else synonym.words:
            found[phrase_of(typed)] += [word for word in synonym.words if word != typed]
    return {key: tuple(dict.fromkeys(words)) for key, words in found.items() if key}


def synonyms(language: Language) -> Synonyms:
    """What else each word or phrase finds; kept for a minute."""
    return cast(
        "Synonyms",
        cache.get_or_set(
            _synonyms_key(language), lambda: _read_synonyms(language), SYNONYM_SECONDS
        ),
    )


# --- Reading words -------------------------------------------------------------------------------


def _query(token: str, *, beginning: bool = False) -> str:
    """A word for `to_tsquery`: its parts, or all in one ("t-shirt" is "tshirt" too)."""
    parts = token.split("-")
    end = ":*" if beginning else ""
    one = " & ".join(f"'{part}'" for part in parts) + end
    if len(parts) > 1:
        return f"({one} | '{''.join(parts)}'{end})"
    if measure := MEASURE.fullmatch(token):  # 45l is written 45 L
        return f"({one} | '{measure[1]}' <-> '{measure[2]}'{end})"
    return one


def _named(word: str) -> str:
    """A known word for `to_tsquery`: it comes from names and choices, and is looked for there."""
    return f"'{word}':AB"


def _phrase(text: str) -> str:
    """Words next to each other for `to_tsquery`."""
    return "(" + " <-> ".join(f"'{part}'" for part in re.findall(r"[^\W_]+", text.lower())) + ")"


def _with(own: str, others: tuple[str, ...]) -> str:
    """Words for to_tsquery, or any of these that mean the same."""
    return f"({' | '.join([own, *(_phrase(other) for other in others)])})" if others else own


@dataclass(frozen=True, slots=True)
class Word:
    """One word that was typed, or several that have a synonym together."""

    typed: str
    own: str  # for to_tsquery
    others: tuple[str, ...] = ()  # synonyms
    lone: bool = True  # may be a beginning or have a typo

    @property
    def query(self) -> str:
        """For to_tsquery, with its synonyms."""
        return _with(self.own, self.others)

    @property
    def beginning(self) -> str:
        """For to_tsquery, as the beginning of a word; nothing for short ones and numbers."""
        return self.begun() if len(self.typed) >= 3 else ""

    def begun(self) -> str:
        """The same however short it is."""
        if not self.lone or any(char.isdigit() for char in self.typed):
            return ""
        return _query(self.typed, beginning=True)


@dataclass(frozen=True, slots=True)
class Reading:
    """How words are read."""

    words: tuple[Word, ...] = ()
    left_out: tuple[str, ...] = ()  # words that nothing has together with the others
    corrected: tuple[tuple[str, str], ...] = ()  # typed, meant
    proposed: tuple[tuple[str, str], ...] = ()  # the same, when it is not sure enough
    others: tuple[str, ...] = ()  # other words to leave out: what would be searched

    @property
    def query(self) -> str:
        """For to_tsquery; nothing when there is no word in it."""
        return " & ".join(word.query for word in self.words)

    @property
    def text(self) -> str:
        """The words that are searched."""
        return " ".join(word.typed for word in self.words)

    def __str__(self) -> str:
        return self.text

    def proposal(self, typed: str) -> str:
        """What was typed, with the words that were perhaps meant."""
        found = dict(self.proposed) | dict(self.corrected)
        return " ".join(found.get(token, token) for token in _tokens(typed))


def _tokens(text: str) -> list[str]:
    normal = unicodedata.normalize("NFC", text.lower().replace("\x00", " "))
    return TOKEN.findall(normal)[:MOST_WORDS]


def read(text: str, language: Language | None = None) -> Reading:
    """The words as they stand, with their synonyms. No statement when the synonyms are kept."""
    known = synonyms(language or site_language())
    tokens = _tokens(text)
    words: list[Word] = []
    at = 0
    while at < len(tokens):
        for many in range(min(LONGEST_PHRASE, len(tokens) - at), 0, -1):
            typed = tokens[at : at + many]
            others = known.get(phrase_of(" ".join(typed)))
            if others or many == 1:
                own = " & ".join(_query(token) for token in typed)
                own = f"({own})" if many > 1 else own
                words.append(Word(" ".join(typed), own, others or (), lone=many == 1))
                at += many
                break
    return Reading(tuple(words))


# The first way in which each word is found: as it stands, as a beginning, as a synonym with a
# typo, as a known word with one. Stop words ("de", "the") ask for nothing.
FOUND = """
    WITH typed AS (
      SELECT * FROM unnest(%(words)s::text[], %(stands)s::text[], %(begins)s::text[],
                           %(near)s::text[], %(near_query)s::text[])
        WITH ORDINALITY AS t(word, stands, begins, near, near_query, n)
       WHERE numnode(to_tsquery(%(config)s::regconfig, stands)) > 0
    ), found AS MATERIALIZED (
      SELECT t.n::int, k.way, k.word, coalesce(k.sure, false) AS sure, k.query,
             to_tsquery(%(config)s::regconfig, k.query) AS q
        FROM typed t
        LEFT JOIN LATERAL (
          SELECT 'stands' AS way, '' AS word, true AS sure, stands AS query
           WHERE catalog_finds(stands, %(language)s)
          UNION ALL
          SELECT 'begins', '', true, begins
           WHERE begins <> '' AND catalog_finds(begins, %(language)s)
          UNION ALL
          SELECT 'typo', near, true, near_query WHERE near <> ''
          UNION ALL
          SELECT 'typo', w.word, w.sure, '''' || w.word || ''':AB'
            FROM catalog_nearest(plain_text(t.word), %(language)s, %(beginning)s) w
           WHERE begins <> ''
          LIMIT 1) k ON true
    )
"""
# The sets of these words that products on sale have together: the largest first, then those with
# the noun, which leads in French and ends in English.
NOUN = {"fr": "words[1]", "en": "words[cardinality(words)] DESC"}
_SETS = """,
    ranked AS MATERIALIZED (
      SELECT d.id, f.n, ts_rank(d.search_{language}, f.q) AS rank
        FROM found f JOIN catalog_product d ON d.search_{language} @@ f.q AND d.status = 'active'
       WHERE f.sure
    ), hits AS (
      SELECT id, array_agg(n ORDER BY n) AS words, sum(rank) AS rank FROM ranked GROUP BY id
    ), sets AS (
      SELECT words, max(rank) AS rank FROM hits GROUP BY words
       ORDER BY cardinality(words) DESC, {noun}, max(rank) DESC, words LIMIT 3)
    SELECT n, way, word, sure, NULL::int[], NULL::float8 FROM found
    UNION ALL
    SELECT NULL, NULL, NULL, NULL, words, rank FROM sets
"""


def found_params(words: tuple[Word, ...], language: Language, *, beginning: bool) -> dict[str, Any]:
    """The parameters of `FOUND`; with `beginning` a typo is looked for in beginnings too."""
    known = synonyms(language)
    lone = {key[0]: others for key, others in known.items() if len(key) == 1}
    near = []
    for word in words:
        close = []
        if word.beginning:
            close = difflib.get_close_matches(_singular(plain(word.typed)), lone, 1, 0.85)
        near.append(close[0] if close else "")
    return {
        "words": [word.typed for word in words],
        "stands": [word.query for word in words],
        "begins": [word.beginning for word in words],
        "near": near,
        "near_query": [_with(_query(one), lone[one]) if one else "" for one in near],
        "config": f"omnishop_{language}",
        "language": language,
        "beginning": beginning,
    }


def _sets(params: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Rows of `FOUND`, then the sets of them that are found together."""
    language = params["language"]
    with connection.cursor() as cursor:
        cursor.execute(FOUND + _SETS.format(language=language, noun=NOUN[language]), params)
        return list(cursor.fetchall())


def reread(reading: Reading, language: Language | None = None) -> Reading:
    """The words read again, for when as they stand they find nothing; one statement, kept for a
    minute.

    Words are completed and corrected, and as few of them left out as possible. What finds
    nothing either way keeps its words and says what was perhaps meant.
    """
    language = language or site_language()
    if not reading.words:
        return reading
    params = found_params(reading.words, language, beginning=False)
    key = "catalog:reread:" + sha256(repr(sorted(params.items())).encode()).hexdigest()
    rows = cache.get_or_set(key, lambda: _sets(params), REREAD_SECONDS) or []
    sets = [(words, rank) for *_rest, words, rank in rows if words]
    meant: dict[int, Word] = {}
    corrected, proposed = [], []
    for n, way, other, sure, _words, _rank in rows:
        if n is None or way is None:
            continue
        word = reading.words[n - 1]
        if way == "stands":
            meant[n] = word
        elif way == "begins":
            meant[n] = replace(word, own=word.beginning, others=())
        elif not sure:
            proposed.append((word.typed, other))
        else:
            near = params["near"][n - 1]
            meant[n] = Word(other, params["near_query"][n - 1] if other == near else _named(other))
            corrected.append((word.typed, other))
    asked = {row[0] for row in rows if row[0] is not None}  # the others are stop words
    sets = [(words, rank) for words, rank in sets if set(words) == asked or rank >= SOME]
    if not sets:
        return replace(reading, proposed=tuple(proposed + corrected))
    best, _rank = sets[0]
    kept = [n for n in range(1, len(reading.words) + 1) if n in best or n not in asked]
    return Reading(
        words=tuple(meant.get(n, reading.words[n - 1]) for n in kept),
        left_out=tuple(reading.words[n - 1].typed for n in sorted(asked - set(best))),
        corrected=tuple(pair for pair in corrected if pair[1] in {meant[n].typed for n in best}),
        proposed=tuple(proposed),
        others=tuple(
            " ".join(meant[n].typed for n in words)
            for words, _rank in sets[1:]
            if len(words) == len(best)
        ),
    )


# --- What they find ------------------------------------------------------------------------------

LISTED = (
    *("id", "rank", "category_id", "brand_id", "popularity", "created_at"),
    *("listed_prices", "listed_options", "listed_cut_bp"),
)  # what lists count, filter and sort by


def _ranked(reading: Reading, language: Language) -> QuerySet[Any]:
    """Products on sale that have all these words. A brand's own name puts its products first;
    ranks that differ by little are alike, so that the most bought come first.
    """
    query = SearchQuery(reading.query, config=f"omnishop_{language}", search_type="raw")
    brand = RawSQL(
        "coalesce(catalog_product.brand_id ="
        " (SELECT id FROM catalog_brand WHERE plain_text(name) = plain_text(%s)), false)::int",
        [reading.text],
    )
    rank: Any = Func(
        SearchRank(F(f"search_{language}"), query) * 10, function="round", output_field=FloatField()
    )
    return (
        Product.objects.on_sale()
        .filter(**{f"search_{language}": query})
        .annotate(rank=rank + Cast(brand, FloatField()) * 100)
    )


def matches(reading: Reading, language: Language | None = None) -> QuerySet[Any, dict[str, Any]]:
    """What the words find as rows of `LISTED`, in no order; without a statement of its own."""
    return _ranked(reading, language or site_language()).order_by().values(*LISTED)


def search(text: str) -> QuerySet[Product]:
    """Products on sale for a shopper's words, best first; one statement or two to read them."""
    language = site_language()
    reading = read(text, language)
    if not reading.query:
        return Product.objects.none()
    found = _ranked(reading, language)
    if not found.exists():
        found = _ranked(reread(reading, language), language)
    return found.order_by(F("rank").desc(), F("popularity").desc(), "pk")


def listed(products: QuerySet[Product]) -> QuerySet[Any, dict[str, Any]]:
    """Products as rows of `LISTED`, in no order; they rank alike."""
    every: QuerySet[Any] = products.annotate(rank=Value(0.0, output_field=FloatField()))
    return every.order_by().values(*LISTED)
