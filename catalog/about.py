"""What a product's page tells of it beside articles and prices: everything in one statement."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import starmap
from typing import Any
from urllib.parse import urlsplit

from babel.numbers import format_decimal
from django.db import connection

from catalog.models import Attribute, Picture
from omnishop.kernel.language import site_language
from omnishop.kernel.templatetags.omnishop import NNBSP, format_short_day

Kind = Attribute.Kind
Image = tuple[str, int, int]  # file, width, height


@dataclass(frozen=True, slots=True)
class Fact:
    """An attribute and what the product is by it, in words of the reader's language."""

    code: str
    label: str
    values: tuple[str, ...]
    swatches: tuple[str, ...] = ()  # "#0b5d4e", one for each value, or nothing


@dataclass(frozen=True, slots=True)
class Film:
    """A film to be played at its own site."""

    title: str
    url: str
    transcript: str

    @property
    def site(self) -> str:
        """Where it opens, to be told before."""
        return urlsplit(self.url).hostname or ""


@dataclass(frozen=True, slots=True)
class Paper:
    """A document to download."""

    pk: int
    title: str
    file: str
    language: str


@dataclass(frozen=True, slots=True)
class Reading:
    """A guide that is about the product or its shelf."""

    slug: str
    title: str
    summary: str


@dataclass(frozen=True, slots=True)
class Beside:
    """A product that staff show beside this one, or one article of a set."""

    kind: str  # of RelatedProduct; "" for an article of a set
    slug: str
    name: str
    image: Image | None
    variants: tuple[int, ...]

    @property
    def photo(self) -> Any:
        return photo(self.image)


@dataclass(frozen=True, slots=True)
class Part:
    """Units of an article in a set."""

    bundle: int  # the set's variant
    variant: int
    quantity: int
    sku: str
    slug: str
    name: str
    options: str  # "M, bleu"
    image: Image | None

    @property
    def photo(self) -> Any:
        return photo(self.image)


@dataclass(frozen=True, slots=True)
class InSet:
    """A set that contains an article of the product."""

    bundle: int
    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class About:
    """All of it."""

    pictures: tuple[Picture, ...]
    facts: tuple[Fact, ...]
    films: tuple[Film, ...]
    papers: tuple[Paper, ...]
    guides: tuple[Reading, ...]
    related: tuple[Beside, ...]
    parts: tuple[Part, ...]  # when it is a set
    sets: tuple[InSet, ...]  # when it is in some

    def parts_of(self, variant_id: int) -> tuple[Part, ...]:
        """What an article consists of when it is a set."""
        return tuple(part for part in self.parts if part.bundle == variant_id)


def photo(image: Image | None) -> Any:
    """The file of a picture, for the templates' `picture` tag."""
    if not image:
        return None
    file, width, height = image
    return Picture(image=file, width=width, height=height).image


FIRST_PICTURE = """(SELECT json_build_array(i.image, i.width, i.height) FROM catalog_picture i
                     WHERE i.product_id = {product} ORDER BY i.position, i.id LIMIT 1)"""
_SQL = f"""
SELECT
  (SELECT json_agg(json_build_array(i.image, i.width, i.height, {{i.alt}}, i.variant_id)
                   ORDER BY i.position, i.id)
     FROM catalog_picture i WHERE i.product_id = d.id),
  (SELECT json_agg(json_build_array(a.code, {{a.name}}, a.kind, a.unit, {{x.name}}, x.swatch,
                                    {{v.text}}, v.number::text, v.day)
                   ORDER BY a.position, a.id, x.position, x.id)
     FROM catalog_productattribute v JOIN catalog_attribute a ON a.id = v.attribute_id
     LEFT JOIN catalog_attributevalue x ON x.id = v.value_id WHERE v.product_id = d.id),
  (SELECT json_agg(json_build_array({{f.title}}, f.url, {{f.transcript}}) ORDER BY f.position, f.id)
     FROM catalog_video f WHERE f.product_id = d.id),
  (SELECT json_agg(json_build_array(f.id, f.title, f.file, f.language) ORDER BY f.position, f.id)
     FROM catalog_document f WHERE f.product_id = d.id),
  (SELECT json_agg(json_build_array(g.slug, {{g.title}}, {{g.summary}}) ORDER BY g.id DESC)
     FROM catalog_guide g
    WHERE g.published
      AND (EXISTS (SELECT FROM catalog_guide_products x
                    WHERE x.guide_id = g.id AND x.product_id = d.id)
           OR EXISTS (SELECT FROM catalog_guide_categories x
                        JOIN catalog_category c ON c.id = x.category_id
                       WHERE x.guide_id = g.id AND k.path LIKE c.path || '%%'))),
  (SELECT json_agg(json_build_array(r.kind, o.slug, {{o.name}},
                                    {FIRST_PICTURE.format(product="o.id")},
                                    (SELECT json_agg(v.id) FROM catalog_variant v
                                      WHERE v.product_id = o.id AND v.active))
                   ORDER BY r.position, r.id)
     FROM catalog_relatedproduct r
     JOIN catalog_product o ON o.id = r.other_id AND o.status = 'active'
    WHERE r.product_id = d.id),
  (SELECT json_agg(json_build_array(b.bundle_id, b.item_id, b.quantity, i.sku, o.slug, {{o.name}},
                     (SELECT string_agg({{x.name}}, ', ' ORDER BY a.position)
                        FROM catalog_variant_options vo
                        JOIN catalog_attributevalue x ON x.id = vo.attributevalue_id
                        JOIN catalog_attribute a ON a.id = x.attribute_id
                       WHERE vo.variant_id = i.id),
                     {FIRST_PICTURE.format(product="o.id")})
                   ORDER BY b.id)
     FROM catalog_variant v JOIN catalog_bundleitem b ON b.bundle_id = v.id
     JOIN catalog_variant i ON i.id = b.item_id JOIN catalog_product o ON o.id = i.product_id
    WHERE v.product_id = d.id AND v.active),
  (SELECT json_agg(DISTINCT jsonb_build_array(s.id, o.slug, {{o.name}}))
     FROM catalog_variant v JOIN catalog_bundleitem b ON b.item_id = v.id
     JOIN catalog_variant s ON s.id = b.bundle_id AND s.active
     JOIN catalog_product o ON o.id = s.product_id AND o.status = 'active'
    WHERE v.product_id = d.id)
  FROM catalog_product d JOIN catalog_category k ON k.id = d.category_id WHERE d.id = %s
"""  # noqa: S608  constants of this module


def about(product_id: int) -> About:
    """What there is to tell of a product, in the reader's language. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(_in(site_language()), [product_id])
        found = cursor.fetchone() or [None] * 8
    pictures, facts, films, papers, guides, related, parts, sets = (rows or [] for rows in found)
    return About(
        pictures=tuple(
            Picture(image=image, width=width, height=height, alt=alt, variant_id=variant)
            for image, width, height, alt, variant in pictures
        ),
        facts=_facts(facts),
        films=tuple(Film(*row) for row in films),
        papers=tuple(Paper(*row) for row in papers),
        guides=tuple(Reading(*row) for row in guides),
        related=tuple(
            Beside(kind, slug, name, tuple(image) if image else None, tuple(variants or ()))
            for kind, slug, name, image, variants in related
        ),
        parts=tuple(starmap(_part, parts)),
        sets=tuple(InSet(*row) for row in sets),
    )


def _part(
    bundle: int,
    variant: int,
    quantity: int,
    sku: str,
    slug: str,
    name: str,
    options: str | None,
    image: list[Any] | None,
) -> Part:
    shown = (image[0], image[1], image[2]) if image else None
    return Part(bundle, variant, quantity, sku, slug, name, options or "", shown)


def _in(spoken: str) -> str:
    """The statement with the columns of a language: `{i.alt}` is its alt, or the other's."""
    other = "fr" if spoken == "en" else "en"
    sql = _SQL
    for column in (
        *("i.alt", "a.name", "x.name", "v.text", "f.title", "f.transcript"),
        *("g.title", "g.summary", "o.name"),
    ):
        words = f"coalesce(nullif({column}_{spoken}, ''), {column}_{other}, '')"
        sql = sql.replace("{" + column + "}", words)
    return sql


def _facts(rows: Iterable[list[Any]]) -> tuple[Fact, ...]:
    """One for each attribute, its choices together."""
    spoken = site_language()
    found: dict[str, tuple[str, list[str], list[str]]] = {}
    for code, label, kind, unit, choice, swatch, text, number, day in rows:
        _label, values, swatches = found.setdefault(code, (label, [], []))
        if kind == Kind.NUMBER:
            values.append(format_measure(Decimal(number), unit, spoken))
        elif kind == Kind.DATE:
            values.append(format_short_day(date.fromisoformat(day), spoken))
        elif kind == Kind.TEXT:
            values.append(text)
        else:
            values.append(choice)
            swatches.append(swatch if kind == Kind.COLOUR else "")
    return tuple(
        Fact(code, label, tuple(values), tuple(swatches) if any(swatches) else ())
        for code, (label, values, swatches) in found.items()
    )


def format_measure(number: Decimal, unit: str, spoken: str) -> str:
    """`1 850,5 g` with U+202F, `1,850.5 g`: what says nothing after the point is left out."""
    figures = format_decimal(number.normalize(), format="#,##0.###", locale=spoken)
    return f"{figures}{NNBSP}{unit}" if unit else str(figures)
