"""Writing wish lists. Every function is about the lists of one person, through merges (F-25)."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from catalog.book import prices
from catalog.models import Product, Variant
from customers.models import Customer
from omnishop.kernel.errors import Invalid, NotFound, Refusal
from orders.books import shopper
from orders.models import WishItem, WishList
from orders.models.basket import MAX_QUANTITY
from orders.models.wish import new_share_token

LISTS_MOST = 20  # of a person
ITEMS_MOST = 200  # of a list


def default_list(customer: Customer, *, at: datetime) -> WishList:
    """The list that articles go to first, made on first need."""
    found = WishList.objects.of(customer).first()
    if found:
        return found
    new = WishList(
        customer=customer, name=_("My wishes"), is_default=True, created_at=at, changed_at=at
    )
    WishList.objects.bulk_create([new], ignore_conflicts=True)  # two presses at once
    return WishList.objects.of(customer)[0]


def list_of(customer: Customer, list_id: int | None, *, at: datetime) -> WishList:
    """One of the person's lists, or the default one. Raises NotFound for another person's."""
    if list_id is None:
        return default_list(customer, at=at)
    found = WishList.objects.of(customer).filter(pk=list_id).first()
    if found is None:
        raise NotFound(_("This list does not exist."))
    return found


def create_list(*, customer: Customer, name: str, at: datetime) -> WishList:
    """A new list; one of the same name is found again."""
    name = _checked(name)
    default_list(customer, at=at)
    if same := WishList.objects.of(customer).filter(name=name).first():
        return same
    if WishList.objects.of(customer).count() >= LISTS_MOST:
        raise Refusal(_("There are %(most)s lists at the most.") % {"most": LISTS_MOST})
    new = WishList(customer=customer, name=name, created_at=at, changed_at=at)
    WishList.objects.bulk_create([new], ignore_conflicts=True)
    return WishList.objects.of(customer).get(name=name)


def _checked(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > 60:
        raise Invalid(_("Give the list a name of 1 to 60 characters."))
    return name


def rename(*, customer: Customer, list_id: int, name: str, at: datetime) -> None:
    """Give a list another name. Raises Refusal when another has it."""
    wish_list = list_of(customer, list_id, at=at)
    wish_list.name = _checked(name)
    try:
        with transaction.atomic():
            wish_list.save(update_fields=["name"])
    except IntegrityError:
        raise Refusal(_("Another of your lists has this name.")) from None


@transaction.atomic
def delete_list(*, customer: Customer, list_id: int, at: datetime) -> None:
    """Delete a list with what is on it; the last one is emptied by hand."""
    wish_list = list_of(customer, list_id, at=at)
    others = WishList.objects.of(customer).exclude(pk=wish_list.pk)
    first = others.first()
    if first is None:
        raise Refusal(_("This is your only list."))
    wish_list.delete()
    if wish_list.is_default and not others.filter(is_default=True).exists():
        first.is_default = True
        first.save(update_fields=["is_default"])


# --- Articles -----------------------------------------------------------------------------------


@transaction.atomic
def add(
    *,
    customer: Customer,
    product_id: int,
    at: datetime,
    variant_id: int | None = None,
    list_id: int | None = None,
    quantity: int = 1,
    note: str = "",
) -> WishItem:
    """Put an article on a list, or a product whose option is not chosen; a repeat changes nothing.

    What it costs the person now is kept beside it. Raises NotFound for what is not on sale.
    """
    if not 1 <= quantity <= MAX_QUANTITY:
        raise Invalid(_("Choose a quantity from 1 to %(most)s.") % {"most": MAX_QUANTITY})
    if not Product.objects.on_sale().filter(pk=product_id).exists():
        raise NotFound(_("This article is no longer on sale."))
    known = Variant.objects.filter(product=product_id, active=True)
    if variant_id and not known.filter(pk=variant_id).exists():
        raise NotFound(_("This article is no longer on sale."))
    wish_list = list_of(customer, list_id, at=at)
    same = wish_list.items.wanted().filter(product=product_id, variant=variant_id)
    if found := same.first():
        return found
    if wish_list.items.wanted().count() >= ITEMS_MOST:
        raise Refusal(_("A list takes %(most)s articles at the most.") % {"most": ITEMS_MOST})
    ids = [variant_id] if variant_id else list(known.values_list("pk", flat=True))
    groups = shopper(customer_id=customer.pk, codes=[], at=at).groups
    now = prices(ids, at=at, groups=groups)
    item = WishItem(
        wish_list=wish_list,
        product_id=product_id,
        variant_id=variant_id,
        quantity=quantity,
        note=note.strip()[:200],
        price_minor=min((price.amount_minor for price in now.values()), default=None),
        added_at=at,
    )
    WishItem.objects.bulk_create([item], ignore_conflicts=True)
    WishList.objects.filter(pk=wish_list.pk).update(changed_at=at)
    return same[0]


def toggle(*, customer: Customer, product_id: int, variant_id: int | None, at: datetime) -> bool:
    """A press on the heart: on the default list, or off all lists; whether it is wanted now."""
    wanted = WishItem.objects.of(customer).wanted().filter(product=product_id)
    if wanted.update(removed_at=at):
        return False
    add(customer=customer, product_id=product_id, variant_id=variant_id, at=at)
    return True


def item_of(customer: Customer, item_id: int) -> WishItem:
    """An article of the person's lists. Raises NotFound for another person's."""
    found = (
        WishItem.objects.of(customer)
        .select_related("wish_list", "product", "variant")
        .filter(pk=item_id)
        .first()
    )
    if found is None:
        raise NotFound(_("This article is not on your lists."))
    return found


def change(*, customer: Customer, item_id: int, quantity: int, note: str) -> None:
    """How many are wanted, and a note to oneself or to who gives."""
    item = item_of(customer, item_id)
    if not 1 <= quantity <= MAX_QUANTITY:
        raise Invalid(_("Choose a quantity from 1 to %(most)s.") % {"most": MAX_QUANTITY})
    if quantity < item.taken:
        raise Refusal(_("Some of them are being bought for you already."))
    item.quantity, item.note = quantity, note.strip()[:200]
    item.save(update_fields=["quantity", "note"])


def remove(*, customer: Customer, item_id: int, at: datetime) -> WishItem:
    """Take an article off its list; it can be put back. A repeat changes nothing."""
    item = item_of(customer, item_id)
    WishItem.objects.wanted().filter(pk=item.pk).update(removed_at=at)
    return item


@transaction.atomic
def restore(*, customer: Customer, item_id: int) -> WishItem:
    """Put back what was taken off; where it is on the list again by now, nothing changes."""
    item = item_of(customer, item_id)
    same = item.wish_list.items.wanted().filter(product=item.product_id, variant=item.variant_id)
    if not same.exists():
        WishItem.objects.filter(pk=item.pk).update(removed_at=None)
    return item


@transaction.atomic
def move(*, customer: Customer, item_id: int, list_id: int, at: datetime) -> WishList:
    """Move an article to another of the person's lists; one that has it keeps its own."""
    item, target = item_of(customer, item_id), list_of(customer, list_id, at=at)
    same = target.items.wanted().filter(product=item.product_id, variant=item.variant_id)
    if same.exclude(pk=item.pk).exists():
        WishItem.objects.filter(pk=item.pk).update(removed_at=at)
    else:
        WishItem.objects.filter(pk=item.pk).update(wish_list=target)
    return target


# --- Sharing ------------------------------------------------------------------------------------


def share(*, customer: Customer, list_id: int, shown_name: str, at: datetime) -> str:
    """Open a list to who has its link, and say under which name; the link's token.

    A list that is open already gets another link: the former one ends.
    """
    wish_list = list_of(customer, list_id, at=at)
    wish_list.token = new_share_token()
    wish_list.shown_name = " ".join(shown_name.split())[:40]
    wish_list.save(update_fields=["token", "shown_name"])
    return wish_list.token


def unshare(*, customer: Customer, list_id: int, at: datetime) -> None:
    """End the link of a list; what visitors took is forgotten with it."""
    wish_list = list_of(customer, list_id, at=at)
    wish_list.token = None
    wish_list.save(update_fields=["token"])
    wish_list.items.update(taken=0)


def take(*, token: str, item_id: int, units: int) -> None:
    """A visitor says that they buy one (1), or not after all (−1); the owner is not told who.

    Never more than are wanted: two visitors at once take two, or one of them is refused.
    """
    items = WishItem.objects.wanted().filter(wish_list__token=token, pk=item_id)
    if not token or not items.exists():
        raise NotFound(_("This article is not on the list any more."))
    left = items.filter(taken__lt=F("quantity")) if units > 0 else items.filter(taken__gt=0)
    if not left.update(taken=F("taken") + (1 if units > 0 else -1)):
        raise Refusal(_("Somebody else is buying it already."))
