"""Words that mean the same, and what was searched in the last days."""

from datetime import timedelta
from random import Random

from catalog.models import SearchLog, Synonym
from catalog.search import forget_synonyms
from omnishop.demo import content
from omnishop.demo.days import Days

SEARCHED = (  # words, articles found, searches a day
    *(("sac a dos", 11, 9), ("chaussures de marche", 6, 8), ("tente", 5, 6), ("gourde", 4, 6)),
    *(("doudoune", 2, 5), ("velo", 14, 4), ("k-way", 2, 4), ("lampe frontale", 1, 3)),
    *(
        ("jupe", 0, 3),
        ("rollers", 0, 3),
        ("tondeuse", 0, 1),
        ("robe", 0, 1),
        ("fut metrique", 0, 1),
    ),
)
DAYS = 14


def fill_synonyms() -> None:
    """The words that staff would have entered by now."""
    Synonym.objects.bulk_create(
        Synonym(language=one.language, words=list(one.words), typed=one.typed)
        for one in content.synonyms()
    )
    forget_synonyms()


def fill_log(days: Days) -> None:
    """Searches of two weeks, for the list of what was not found."""
    rng = Random("searches")
    rows = []
    for ago in range(1, DAYS + 1):
        for words, results, often in SEARCHED:
            searches = rng.randint(0, 2 * often)
            if searches:
                rows.append(
                    SearchLog(
                        day=days.today - timedelta(days=ago),
                        language="fr",
                        words=words,
                        searches=searches,
                        not_found=0 if results else searches,
                        results=results,
                        clicks=rng.randint(0, searches) if results else 0,
                    )
                )
    SearchLog.objects.bulk_create(rows)
