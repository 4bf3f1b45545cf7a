"""Who may review what: the order line of any channel by which somebody got the article."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import connection, transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from catalog import reviews
from catalog.models import Answer, Review
from catalog.models.review import Moderated, Reason
from catalog.reviews import Purchase
from customers.models import Customer, Identity
from customers.selectors import resolve
from customers.services.messages import queue_message
from omnishop.kernel.claims import claim
from omnishop.kernel.errors import NotFound, Refusal
from orders.models import Order, OrderLine

# A parcel that nobody confirmed counts as received so long after it left.
ON_THE_WAY = 7  # days


class NotReceived(Refusal):
    """The article is not in its buyer's hands yet."""

    code = "not_received"

    def __init__(self) -> None:
        super().__init__(_("You may review this article once you have received it."))


@dataclass(frozen=True, slots=True)
class Received:
    """An order line whose article was received, and what became of its review."""

    position: int
    at: datetime
    status: str = ""  # of the review; "" when there is none
    reason: str = ""  # why it was refused, in words


def received(order_ids: Collection[int], *, at: datetime) -> dict[int, Received]:
    """Order line → when its article was received, of the lines of which any unit was.

    One statement. What was taken at a till or a desk was received then; a parcel on the day that
    it was brought, or `ON_THE_WAY` days after it left.
    """
    if not order_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT l.id, l.position, coalesce(f.at, o.placed_at), coalesce(r.status, ''),
                   coalesce(r.reason, '')
              FROM orders_orderline l
              JOIN orders_order o ON o.id = l.order_id
              LEFT JOIN LATERAL (
                SELECT count(*) AS parts,
                       min(CASE f.status WHEN 'handed_over' THEN f.closed_at
                             WHEN 'delivered' THEN f.delivered_at
                             WHEN 'shipped' THEN f.closed_at + make_interval(days => %(way)s)
                           END) AS at
                  FROM orders_fulfilmentline fl
                  JOIN orders_fulfilment f ON f.id = fl.fulfilment_id
                 WHERE fl.line_id = l.id AND fl.quantity > fl.missing) f ON true
              LEFT JOIN catalog_review r ON r.document = o.number AND r.line = l.position
             WHERE l.order_id = ANY(%(orders)s) AND l.kind = 'product' AND l.fulfilled > 0
               AND (f.parts = 0 OR f.at <= %(at)s)
            """,
            {"orders": list(order_ids), "at": at, "way": ON_THE_WAY},
        )
        rows = cursor.fetchall()
    words = dict(Reason.choices)
    return {
        pk: Received(position, when, status, str(words.get(why, "")))
        for pk, position, when, status, why in rows
    }


def purchase_by_link(*, token: str, position: int, at: datetime) -> tuple[OrderLine, Purchase]:
    """The line of an order's secret link, and the purchase that it proves.

    Raises NotFound when there is no such line, NotReceived when nobody had the article yet.
    """
    line = (
        OrderLine.objects.select_related("order__customer__merged_into", "variant__product")
        .filter(order__token=token, position=position, kind=OrderLine.Kind.PRODUCT)
        .first()
    )
    if line is None:
        raise NotFound(_("There is no such purchase."))
    found = received([line.order_id], at=at).get(line.pk)
    if found is None:
        raise NotReceived
    return line, _purchase(line, found.at)


def _purchase(line: OrderLine, received_at: datetime) -> Purchase:
    assert line.variant  # noqa: S101  a product line has one, by constraint
    order = line.order
    return Purchase(
        document=order.number,
        line=line.position,
        variant=line.variant,
        channel=order.channel,
        customer_number=resolve(order.customer).number if order.customer else "",
        received_on=order.business_day(received_at),
    )


def purchases(customer: Customer, product_id: int, *, at: datetime) -> list[tuple[OrderLine, str]]:
    """A person's received lines of a product, of all channels and through merges, newest first,
    each with the status of its review.
    """
    lines = list(
        OrderLine.objects.filter(
            order__in=Order.objects.of(customer).order_by().values("pk"),
            variant__product=product_id,
        )
        .select_related("order__store", "order__customer__merged_into", "variant__product")
        .order_by("-order__placed_at", "-pk")
    )
    had = received({line.order_id for line in lines}, at=at)
    return [(line, had[line.pk].status) for line in lines if line.pk in had]


def write(
    *, token: str, position: int, rating: int, title: str, text: str, author: str, language: str,
    at: datetime,
) -> Review:  # fmt: skip
    """The review of whoever holds the order's link. Raises as `purchase_by_link` does, Invalid."""
    _line, purchase = purchase_by_link(token=token, position=position, at=at)
    return reviews.write_review(
        purchase=purchase,
        rating=rating,
        title=title,
        text=text,
        author=author,
        language=language,
        at=at,
    )


def answer(
    *, customer: Customer, question_id: int, product_id: int, text: str, author: str,
    language: str, at: datetime,
) -> Answer:  # fmt: skip
    """A buyer's answer to a question. Raises NotFound for who has not received the product."""
    lines = purchases(customer, product_id, at=at)
    if not lines:
        raise NotFound(_("There is no such purchase."))
    line = lines[-1][0]  # the first purchase: a later one is no second voice
    return reviews.answer_as_buyer(
        question_id=question_id,
        purchase=_purchase(line, at),
        text=text,
        author=author,
        language=language,
        at=at,
    )


@transaction.atomic
def tell_refused(*, review_id: int, at: datetime) -> bool:
    """Write the author of a refused review why, once for each refusal (D111-17)."""
    review = claim(
        Review.objects.filter(
            pk=review_id, status=Moderated.Status.REFUSED, told_at__isnull=True
        ).select_related("product")
    ).first()
    if review is None:
        return False
    review.told_at = at
    review.save(update_fields=["told_at"])
    order = (
        Order.objects.select_related("customer__merged_into").filter(number=review.document).first()
    )
    to = _address(order) if order else ""
    if order is None or not to:
        return False
    with override(order.language):
        path = reverse("storefront:review", args=[order.token, review.line])
        reason = str(Reason(review.reason).label)
        product = review.product.name
    assert review.decided_at  # noqa: S101  what is refused was decided, by constraint
    queue_message(
        key=f"review_refused:{review.pk}:{review.decided_at:%Y%m%d%H%M%S}",
        template="review_refused",
        to=to,
        language=order.language,
        context={
            "name": review.author,
            "product": product,
            "reason": reason,
            "link": settings.SITE_URL + path,
        },
        at=at,
        customer_id=order.customer_id,
        document=order.number,
    )
    return True


def _address(order: Order) -> str:
    """Where to write about an order: its own address, else the verified one of its person."""
    if order.email or order.customer is None:
        return order.email
    known = Identity.objects.filter(
        customer=resolve(order.customer), kind=Identity.Kind.EMAIL, verified_at__isnull=False
    )
    return known.values_list("value", flat=True).order_by("pk").first() or ""
