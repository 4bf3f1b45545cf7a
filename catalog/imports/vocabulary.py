"""Brands, shelves, attributes and their values: found by name or code, made on first need."""

from typing import Any

from django.db.models import Max, Q

from catalog.imports.known import NAME
from catalog.imports.text import code_of
from catalog.models import Attribute, AttributeValue, Brand, Category

IMPORTED = "imported"  # code of the shelf for categories that only a file knows
OTHERS = "divers"  # for products of which the file does not say where they belong
_STEP = 4  # characters of a category's path per level


class Vocabulary:
    """Made for one run: it remembers what it found. `forget` after a rollback."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """What was made in a transaction that was rolled back is gone."""
        self._brands: dict[str, int] = {}
        self._brand_names: dict[int, str] = {}
        self._shelves: dict[tuple[str, ...], int] = {}
        self._attributes: dict[str, int] = {}
        self._values: dict[tuple[str, str], int] = {}
        self._tree: dict[str, Category] = {}  # by path
        self._paths: dict[int, str] = {}  # of a category

    def brand(self, name: str) -> int:
        """The brand of that name, or of its code."""
        if name not in self._brands:
            code = code_of(name, 80)
            brand = (
                Brand.objects.filter(name=name).first()
                or Brand.objects.filter(Q(name__iexact=name) | Q(slug=code)).first()
                or Brand.objects.create(name=name, slug=code)
            )
            self._brands[name] = brand.pk
        return self._brands[name]

    def name_of_brand(self, pk: int | None) -> str:
        """What a brand is called; nothing for none."""
        if pk is not None and pk not in self._brand_names:
            self._brand_names = dict(Brand.objects.values_list("pk", "name"))
        return self._brand_names.get(pk or 0, "")

    # --- Shelves -----------------------------------------------------------------------------

    def lies_on(self, category_id: int, way: tuple[str, ...]) -> bool:
        """Whether the way leads to this shelf: its own names end with the way's."""
        own = self.way_to(category_id)
        return len(way) <= len(own) and _folded(own[len(own) - len(way) :]) == _folded(way)

    def way_to(self, category_id: int) -> tuple[str, ...]:
        """The names of the shelves above a category and its own."""
        path = self._path(category_id)
        tree = self._categories()
        ends = range(_STEP, len(path) + 1, _STEP)
        above = [tree[path[:end]] for end in ends if path[:end] in tree]
        return tuple(str(getattr(shelf, NAME) or shelf.slug) for shelf in above)

    def _path(self, category_id: int) -> str:
        """Where a shelf stands; the tree is read again for one that was made since."""
        self._categories()
        if category_id not in self._paths:
            self._tree = {}
            self._categories()
        return self._paths[category_id]

    def path_of(self, slug: str) -> str:
        """The place in the tree of the shelf with that code; nowhere when there is none."""
        return next((s.path for s in self._categories().values() if s.slug == slug), "-")

    def shelf(self, way: tuple[str, ...]) -> int:
        """The shelf that a way leads to, from the top or from "Imported", or one of that name;
        made below "Imported" when there is none.
        """
        if way not in self._shelves:
            found = self._walked(way, "") or self._walked(way, self._imported().path)
            if found is None and len(way) <= 1:
                found = self._named(way[0] if way else "")
            self._shelves[way] = (found or self._made(way)).pk
        return self._shelves[way]

    def _categories(self) -> dict[str, Category]:
        if not self._tree:
            self._tree = {category.path: category for category in Category.objects.all()}
            self._paths = {category.pk: path for path, category in self._tree.items()}
        return self._tree

    def _walked(self, way: tuple[str, ...], path: str) -> Category | None:
        """The shelf at the end of a way that begins below `path`."""
        found = None
        for name in _folded(way):
            found = next(
                (
                    shelf
                    for shelf in self._categories().values()
                    if shelf.path[:-_STEP] == path
                    and name in {_fold(getattr(shelf, NAME)), _fold(shelf.name)}
                ),
                None,
            )
            if found is None:
                return None
            path = found.path
        return found

    def _named(self, name: str) -> Category | None:
        """The shelf of that code or name, the highest one."""
        shelves = sorted(self._categories().values(), key=lambda shelf: (shelf.depth, shelf.path))
        code = code_of(name, 80) if name else OTHERS
        by_code = next((shelf for shelf in shelves if shelf.slug == code), None)
        if by_code or not name:
            return by_code
        wanted = _fold(name)
        return next(
            (shelf for shelf in shelves if wanted in {_fold(shelf.name_fr), _fold(shelf.name_en)}),
            None,
        )

    def _made(self, way: tuple[str, ...]) -> Category:
        parent = self._imported()
        if not way:
            texts = {"name_fr": "Divers", "name_en": "Miscellaneous"}
            return self._add(parent, {"slug": OTHERS} | texts)
        for place, name in enumerate(way, 1):
            there = self._walked(way[:place], self._imported().path)
            if there is None:
                taken = {shelf.slug for shelf in self._categories().values()}
                codes = (code_of(name, 80), code_of(" ".join(way[:place]), 80))
                number = 2
                code = next((code for code in codes if code not in taken), "")
                while not code:
                    tried = f"{codes[1][:74]}-{number}"
                    code, number = ("" if tried in taken else tried), number + 1
                there = self._add(parent, {"slug": code, NAME: name})
            parent = there
        return parent

    def _imported(self) -> Category:
        """The shelf for categories that only a file knows; staff move them where they belong."""
        found = next((s for s in self._categories().values() if s.slug == IMPORTED), None)
        if found is None:
            found = Category.objects.add_root(
                {"slug": IMPORTED, "name_fr": "Importés", "name_en": "Imported"}
            )
            self._tree = {}
        return found

    def _add(self, parent: Category, fields: dict[str, str]) -> Category:
        made: Category = Category.objects.add_child(parent, fields)
        self._tree = {}
        return made

    # --- Attributes --------------------------------------------------------------------------

    def value(self, attribute: str, name: str) -> int:
        """A value of an attribute, each found by its name, then by its code."""
        key = (attribute, name)
        if key not in self._values:
            owner = self._attribute(attribute)
            rows = AttributeValue.objects.filter(attribute_id=owner)
            code = code_of(name, 60)
            found = rows.filter(**{NAME: name}).first() or rows.filter(code=code).first()
            if found is None:
                found = AttributeValue.objects.create(
                    attribute_id=owner,
                    code=code,
                    position=_next_place(AttributeValue, attribute=owner),
                    **{NAME: name},
                )
            self._values[key] = found.pk
        return self._values[key]

    def _attribute(self, name: str) -> int:
        if name not in self._attributes:
            code = code_of(name, 40)
            rows = Attribute.objects.filter(kind__in=Attribute.LISTED)
            found = rows.filter(**{NAME: name}).first() or rows.filter(code=code).first()
            if found is None:
                if Attribute.objects.filter(code=code).exists():
                    code = code_of(f"{name} *", 40)  # a property of another kind has it
                found = Attribute.objects.filter(code=code).first() or Attribute.objects.create(
                    code=code, position=_next_place(Attribute), **{NAME: name}
                )
            self._attributes[name] = found.pk
        return self._attributes[name]


def _next_place(model: type[Attribute] | type[AttributeValue], **scope: Any) -> int:
    last = model._default_manager.filter(**scope).aggregate(last=Max("position"))["last"]
    return min((last or 0) + 1, 32_767)


def _fold(name: str | None) -> str:
    return (name or "").strip().casefold()


def _folded(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(_fold(name) for name in names)
