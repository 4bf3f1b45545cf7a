"""The articles of a product as its page needs them: plain values, for there may be many."""

from dataclasses import dataclass

from django.db import connection

from omnishop.kernel.language import site_language


@dataclass(frozen=True, slots=True)
class Axis:
    """An option of which each article has a value: size, colour."""

    code: str
    name: str
    position: int


@dataclass(frozen=True, slots=True)
class Choice:
    """A value of an option: M, blue."""

    axis: Axis
    pk: int
    code: str
    name: str
    swatch: str  # "#0b5d4e", or nothing
    position: int


@dataclass(frozen=True, slots=True)
class Article:
    """What is bought: a SKU, and the value it has of each option."""

    pk: int
    sku: str
    gtin: str | None
    choices: tuple[Choice, ...]  # in the order of the options


def articles(product_id: int) -> list[Article]:
    """The active articles of a product in their order, named in the reader's language.

    One statement.
    """
    first, then = ("en", "fr") if site_language() == "en" else ("fr", "en")
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT v.id, v.sku, v.gtin,
                   x.id, x.code, coalesce(nullif(x.name_{first}, ''), x.name_{then}, ''),
                   x.swatch, x.position,
                   o.code, coalesce(nullif(o.name_{first}, ''), o.name_{then}, ''), o.position
              FROM catalog_variant v
              LEFT JOIN catalog_variant_options vo ON vo.variant_id = v.id
              LEFT JOIN catalog_attributevalue x ON x.id = vo.attributevalue_id
              LEFT JOIN catalog_attribute o ON o.id = x.attribute_id
             WHERE v.product_id = %s AND v.active
             ORDER BY v.position, v.id, o.position, x.position, x.id
            """,  # noqa: S608  names of columns
            [product_id],
        )
        rows = cursor.fetchall()
    choices: dict[int, Choice] = {}
    found: dict[int, tuple[str, str | None, list[Choice]]] = {}
    for pk, sku, gtin, value_id, code, name, swatch, position, *axis in rows:
        _sku, _gtin, own = found.setdefault(pk, (sku, gtin, []))
        if value_id is not None:
            if value_id not in choices:
                choices[value_id] = Choice(Axis(*axis), value_id, code, name, swatch, position)
            own.append(choices[value_id])
    return [Article(pk, sku, gtin, tuple(own)) for pk, (sku, gtin, own) in found.items()]
