"""A parcel is followed on its carrier's page (UX C4, E1)."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse

from customers.models import Message
from orders.models import Carrier
from orders.services import parcels
from orders.services.ways import Delivery
from tests.factories import NOON, DeliveryMethodFactory, LegalEntityFactory, WarehouseFactory
from tests.orders.flows import HOME, paid, stocked

pytestmark = pytest.mark.django_db
PAGE = "https://www.laposte.fr/outils/suivre-vos-envois?code={number}"


@pytest.fixture
def colissimo():
    return Carrier.objects.update_or_create(name="Colissimo", defaults={"tracking_page": PAGE})[0]


def shipped(carrier, tracking):
    LegalEntityFactory()
    way = Delivery(DeliveryMethodFactory().pk, HOME)
    one = paid(way, (stocked(WarehouseFactory()), 1)).fulfilments.get()
    return parcels.ship(
        fulfilment_id=one.pk, tracking=tracking, carrier=carrier, actor="user:1", at=NOON
    )


def test_mail_and_order_page_lead_to_the_carriers_page(client, colissimo):
    one = shipped("colissimo", "6A 12/3&x=<")

    link = "https://www.laposte.fr/outils/suivre-vos-envois?code=6A%2012%2F3%26x%3D%3C"
    assert one.tracking_link == link
    page = client.get(reverse("storefront:order", args=[one.order.token])).content.decode()
    assert f'href="{link}"' in page
    assert "Suivre le colis" in page
    mail = Message.objects.get(template="order_shipped")
    assert (mail.context["tracking_link"], mail.context["carrier"]) == (link, "colissimo")


@pytest.mark.parametrize("carrier, tracking", [("Le facteur", "6A1"), ("Colissimo", "")])
def test_without_a_page_or_a_number_there_is_no_link(client, colissimo, carrier, tracking):
    one = shipped(carrier, tracking)

    assert one.tracking_link == ""
    page = client.get(reverse("storefront:order", args=[one.order.token])).content.decode()
    assert "Suivre le colis" not in page


@pytest.mark.parametrize(
    "page",
    [
        "http://example.org/?n={number}",
        "javascript:alert({number})",
        "https://example.org/",
        "https://{number}.example.org/",
        'https://example.org/{number}"><svg onload=x>',
        "https://example.org/{numero}",
        " https://example.org/{number}",
        "https://evil/{number}",
    ],
)
def test_a_tracking_page_is_https_with_the_number_in_its_path(page):
    carrier = Carrier(name="Perdu", tracking_page=page)

    with pytest.raises(ValidationError):
        carrier.full_clean()
    with pytest.raises(IntegrityError, match="carrier_tracking_page"), transaction.atomic():
        carrier.save()


def test_the_carriers_of_the_first_day_have_valid_pages():
    from importlib import import_module

    listed = import_module("orders.migrations.0016_promises_and_carriers").CARRIERS

    for name, page in listed.items():
        Carrier.objects.filter(name=name).delete()
        Carrier(name=name, tracking_page=page).full_clean()
        assert Carrier(name=name, tracking_page=page).follow("6A1").endswith("6A1" if page else "")
