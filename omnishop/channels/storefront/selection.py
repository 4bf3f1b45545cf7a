"""What the address of a listing asks for: facets chosen, order, page."""

from dataclasses import dataclass, field

from django.http import QueryDict

PAGE = 24
BANDS: tuple[tuple[int, int | None], ...] = (
    (0, 2500),
    (2500, 5000),
    (5000, 10_000),
    (10_000, 20_000),
    (20_000, None),
)  # minor units, [from, below)
SORTS = {
    "rank": "d.rank DESC, d.popularity DESC, d.id",
    "popularity": "d.popularity DESC, d.id",
    "price": "low, d.popularity DESC, d.id",
    "-price": "low DESC, d.popularity DESC, d.id",
    "new": "d.created_at DESC, d.id DESC",
    "cut": "d.listed_cut_bp DESC, d.popularity DESC, d.id",
}
OPTION = "o-"  # before an option's code in the address


@dataclass(frozen=True)
class Selection:
    """What the address asks for."""

    here: bool = False
    offer: bool = False  # only what costs less than before
    shelves: tuple[str, ...] = ()
    brands: tuple[str, ...] = ()
    bands: tuple[int, ...] = ()
    options: dict[str, tuple[str, ...]] = field(default_factory=dict)
    sort: str = "popularity"
    page: int = 1

    @classmethod
    def of(cls, query: QueryDict, *, default_sort: str) -> "Selection":
        """The address's query; what it names and we do not know is left out."""

        def words(name: str) -> tuple[str, ...]:
            given = (value for value in query.getlist(name) if value and "\x00" not in value)
            return tuple(dict.fromkeys(given))

        sort, page = query.get("sort", default_sort), query.get("page", "1")
        known = sort in SORTS and (sort != "rank" or default_sort == "rank")
        return cls(
            here=query.get("here") == "1",
            offer=query.get("offer") == "1",
            shelves=words("shelf"),
            brands=words("brand"),
            bands=tuple(
                sorted(
                    {
                        int(v)
                        for v in query.getlist("price")
                        if v.isdecimal() and int(v) < len(BANDS)
                    }
                )
            ),
            options={
                name[len(OPTION) :]: words(name)
                for name in query
                if name.startswith(OPTION) and "\x00" not in name and words(name)
            },
            sort=sort if known else default_sort,
            page=min(int(page), 10_000) if page.isdecimal() and int(page) else 1,
        )

    @property
    def narrowed(self) -> bool:
        return bool(
            self.here or self.offer or self.shelves or self.brands or self.bands or self.options
        )
