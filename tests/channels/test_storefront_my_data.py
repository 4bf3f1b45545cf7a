"""A person's data in the account: a copy, erasure, the page on privacy and cookies."""

import pytest

from customers.models import ConsentEvent, Customer, SaleNotice
from omnishop.channels.storefront.legal import COOKIES
from omnishop.network.models import User
from omnishop.privacy.models import ErasureRequest, ExportRequest
from tests.channels.storefront import add, order_now, small_shop, to_payment
from tests.channels.test_storefront_account import signed_in

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"  # of the factories


def signed_in_by_hand(client):
    """Somebody who typed their password again a moment ago."""
    customer = signed_in(client)
    user = User.objects.get(pk=customer.user_id)
    client.logout()
    user.emailaddress_set.update_or_create(
        email=user.email, defaults={"verified": True, "primary": True}
    )
    page = client.post("/compte/login/", {"login": user.email, "password": PASSWORD})
    assert page.status_code == 302, page.content.decode()
    page = client.post("/compte/reauthenticate/?next=/", {"password": PASSWORD})
    assert page.status_code == 302, page.content.decode()
    return Customer.objects.get(pk=customer.pk)


def test_who_signed_in_long_ago_signs_in_again_first(client):
    signed_in(client)

    for path in ("/mon-compte/mes-donnees/copie/", "/mon-compte/effacer/"):
        answer = client.post(path)
        assert answer.status_code == 302
        assert "/reauthenticate/" in answer["Location"]
    assert not ExportRequest.objects.exists()
    assert not ErasureRequest.objects.exists()


def test_a_copy_is_asked_for_in_the_account(client):
    customer = signed_in_by_hand(client)

    assert client.get("/mon-compte/mes-donnees/").status_code == 200
    client.post("/mon-compte/mes-donnees/copie/")

    request = ExportRequest.objects.get()
    assert (request.customer, request.source, request.status) == (customer, "account", "asked")
    assert "En préparation" in client.get("/mon-compte/mes-donnees/").content.decode()


def test_erasure_shows_first_and_then_signs_out(client):
    customer = signed_in_by_hand(client)

    preview = client.get("/mon-compte/effacer/").content.decode()
    assert "Ce qui disparaît" in preview
    assert not ErasureRequest.objects.exists()
    done = client.post("/mon-compte/effacer/", follow=True)

    assert "en cours d’effacement" in done.content.decode()
    assert ErasureRequest.objects.get().customer == customer
    assert client.get("/mon-compte/").status_code == 302


def test_the_page_on_privacy_is_made_from_the_clocks(client):
    page = client.get("/donnees-personnelles/").content.decode()

    for words in ("3 ans", "10 ans", "90 jours", "13 mois"):
        assert words in page
    for cookie in COOKIES:
        assert f"<code>{cookie.name}</code>" in page


def test_no_cookie_is_set_but_those_that_the_page_names(client):
    small = small_shop()
    client.get("/")
    client.get("/produit/veste/")
    client.post("/magasins/choisir/", {"store": small.lyon.slug})
    add(client, small.cup)
    order_now(client, to_payment(client, method=small.method.pk))
    client.get("/compte/login/")
    signed_in(client)
    client.get("/mon-compte/profil/")

    named = {cookie.name for cookie in COOKIES}
    assert set(client.cookies) <= named
    assert {"basket", "checkout", "sessionid", "csrftoken"} <= set(client.cookies)


@pytest.mark.parametrize("refuse", [True, False])
def test_checkout_tells_of_mails_and_offers_to_refuse(client, refuse):
    small = small_shop()
    add(client, small.cup)
    page = to_payment(client, method=small.method.pk)
    assert "articles semblables à votre achat" in page.content.decode()

    order_now(client, page, notice="1", **({"refuse": "1"} if refuse else {}))

    notice = SaleNotice.objects.get()
    assert (notice.refused, notice.text.basis, notice.source) == (
        refuse, "soft_opt_in", "checkout",
    )  # fmt: skip
    assert not ConsentEvent.objects.exists()
