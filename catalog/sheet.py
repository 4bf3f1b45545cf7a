"""Writes of what is told of a product: attributes by their type, documents."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.files.base import File
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from catalog import services
from catalog.models import Attribute, AttributeValue, Product, ProductAttribute, Variant
from omnishop.kernel.errors import Invalid

YES, NO = "yes", "no"
LARGEST_DOCUMENT = 20 * 1024 * 1024  # bytes
Kind = Attribute.Kind


class Untyped(Invalid):
    """A value that is not of its attribute's type; `details["attribute"]` says which."""

    code = "untyped"


def yes_and_no(attribute: Attribute) -> tuple[AttributeValue, AttributeValue]:
    """The two values of a yes-or-no attribute, made on first use."""
    made = []
    for code, french, english, position in ((YES, "Oui", "Yes", 1), (NO, "Non", "No", 2)):
        value, _created = AttributeValue.objects.get_or_create(
            attribute=attribute,
            code=code,
            defaults={"name_fr": french, "name_en": english, "position": position},
        )
        made.append(value)
    return made[0], made[1]


def described_by(product: Product) -> list[Attribute]:
    """The attributes that a product's type offers, in their order; all when it has no type."""
    found = Attribute.objects.order_by("position", "pk").prefetch_related("values")
    if product.product_type_id:
        found = found.filter(types=product.product_type_id)
    return list(found)


def described(attribute: Attribute) -> bool:
    """Whether any product or article has a value of this attribute."""
    products = ProductAttribute.objects.filter(attribute=attribute)
    return products.exists() or Variant.objects.filter(options__attribute=attribute).exists()


def refresh_of(attribute: Attribute) -> None:
    """Write what search and lists read of everything that this attribute describes."""
    of_articles = Variant.objects.filter(options__attribute=attribute).values("product_id")
    of_products = ProductAttribute.objects.filter(attribute=attribute).values("product_id")
    products = Product.objects.filter(Q(pk__in=of_articles) | Q(pk__in=of_products))
    services.refresh_search(list(products.values_list("pk", flat=True)))


@transaction.atomic
def set_attributes(product: Product, values: Mapping[str, Any]) -> bool:
    """Describe a product: for each attribute's code its value, nothing to take it off.

    A choice or colour takes codes of its values, one or several; yes-or-no a bool; a number a
    Decimal or int in the attribute's unit; a text a string or both languages, {"fr": …, "en": …};
    a date a date. Attributes that are not named stay. Returns whether anything changed.
    Raises Untyped for what does not fit, writing nothing.
    """
    Product.objects.select_for_update(of=("self",), no_key=True).get(pk=product.pk)
    attributes = {
        attribute.code: attribute
        for attribute in Attribute.objects.filter(code__in=values).prefetch_related("values")
    }
    offered = {attribute.code for attribute in described_by(product)}
    changed = False
    for code, value in values.items():
        attribute = attributes.get(code)
        if attribute is None:
            raise Untyped(_("There is no attribute %(code)s.") % {"code": code}, attribute=code)
        rows = _rows(attribute, value)
        if rows and code not in offered:
            raise Untyped(
                _("%(attribute)s does not describe products of the type %(type)s.")
                % {"attribute": attribute.name, "type": product.product_type},
                attribute=code,
            )
        changed |= _write(product, attribute, rows)
    if changed:
        services.refresh_search([product.pk])
    return changed


Row = dict[str, Any]  # the columns of a ProductAttribute that hold its value


def _write(product: Product, attribute: Attribute, rows: list[Row]) -> bool:
    """Make the product's rows of an attribute these; what stays the same is left alone."""
    old = list(ProductAttribute.objects.filter(product=product, attribute=attribute))
    kept = [found for found in old if any(_same(found, row) for row in rows)]
    new = [row for row in rows if not any(_same(found, row) for found in kept)]
    gone = [found.pk for found in old if found not in kept]
    if len(gone) == len(new) == 1:  # another value of the same: one change, not two
        row = next(found for found in old if found.pk == gone[0])
        for name, value in new[0].items():
            setattr(row, name, value)
        row.save()
        return True
    if gone:
        ProductAttribute.objects.filter(pk__in=gone).delete()
    for columns in new:
        ProductAttribute.objects.create(product=product, attribute=attribute, **columns)
    return bool(gone or new)


def _same(found: ProductAttribute, row: Row) -> bool:
    return all(getattr(found, name) == value for name, value in row.items())


def _rows(attribute: Attribute, value: Any) -> list[Row]:
    """What to store for a value of this attribute's kind, no rows for none. Raises Untyped."""
    if value is None or value == "" or value == [] or value == ():
        return []
    if attribute.kind == Kind.BOOLEAN:
        if not isinstance(value, bool):
            raise _untyped(attribute, _("%(attribute)s is yes or no."))
        yes, no = yes_and_no(attribute)
        return [{"value_id": (yes if value else no).pk}]
    if attribute.kind in Attribute.LISTED:
        return [{"value_id": pk} for pk in _choices(attribute, value)]
    if attribute.kind == Kind.NUMBER:
        return [{"number": _number(attribute, value)}]
    if attribute.kind == Kind.DATE:
        if not isinstance(value, date):
            raise _untyped(attribute, _("%(attribute)s is a date."))
        return [{"day": value}]
    return _text(attribute, value)


def _untyped(attribute: Attribute, words: str, **more: Any) -> Untyped:
    return Untyped(words % ({"attribute": attribute.name} | more), attribute=attribute.code)


def _choices(attribute: Attribute, value: Any) -> list[int]:
    codes = [value] if isinstance(value, str) else value
    if not isinstance(codes, Iterable):
        raise _untyped(attribute, _("%(attribute)s is a choice in a list."))
    known = {choice.code: choice.pk for choice in attribute.values.all()}
    found = []
    for code in dict.fromkeys(codes):
        if code not in known:
            raise _untyped(
                attribute, _("“%(code)s” is not a value of %(attribute)s."), code=str(code)[:60]
            )
        found.append(known[code])
    return found


def _number(attribute: Attribute, value: Any) -> Decimal:
    try:
        number = Decimal(value) if not isinstance(value, (bool, float)) else None
    except (InvalidOperation, TypeError, ValueError):
        number = None
    if number is None or not number.is_finite():
        raise _untyped(attribute, _("%(attribute)s is a number."))
    places = number.as_tuple().exponent
    if abs(number) >= 10**9 or (isinstance(places, int) and places < -3):
        raise _untyped(
            attribute, _("%(attribute)s has at most nine digits, and three after the point.")
        )
    return number


def _text(attribute: Attribute, value: Any) -> list[Row]:
    both = {"fr": value} if isinstance(value, str) else value
    if not isinstance(both, Mapping) or not set(both) <= {"fr", "en"}:
        raise _untyped(attribute, _("%(attribute)s is a text."))
    words = {language: str(both.get(language) or "").strip() for language in ("fr", "en")}
    if max(map(len, words.values())) > 300:
        raise _untyped(attribute, _("%(attribute)s has at most 300 letters."))
    if not any(words.values()):
        return []
    return [{"text_fr": words["fr"] or None, "text_en": words["en"] or None}]


def check_document(file: File) -> None:  # type: ignore[type-arg]  # generic in the stubs alone
    """Refuse what is not a PDF, whatever its name says, and what is too large to download."""
    if file.size > LARGEST_DOCUMENT:
        raise Invalid(
            _("The file is larger than %(size)s MB.") % {"size": LARGEST_DOCUMENT // 1024**2}
        )
    file.seek(0)
    head = file.read(1024)
    file.seek(0)
    if not head.startswith(b"%PDF-"):
        raise Invalid(_("The file is not a PDF."))
