"""The member's pages: tier, rewards, gifts, card, statements; what a basket earns."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from customers.models import Customer
from loyalty.models import Account, EarnRule, PointsGift, PointsLot, RewardIssue, Tier
from loyalty.services import rewards
from loyalty.services.corrections import correct
from loyalty.services.events import reward
from loyalty.services.points import Earning, earn, join
from loyalty.services.referrals import code_of
from tests.channels.storefront import add, small_shop
from tests.factories import CustomerFactory, ProgrammeFactory, RewardFactory, UserFactory

pytestmark = pytest.mark.django_db
PAGE = "/mon-compte/points/"


@pytest.fixture
def member(client) -> Customer:
    user = UserFactory(email="camille@example.org")
    customer = CustomerFactory.create(user=user, first_name="Camille", last_name="Martin")
    programme = ProgrammeFactory()
    Tier.objects.create(programme=programme, code="base", name="Sentier", entry=0, keep=0)
    Tier.objects.create(
        programme=programme, code="top", name="Sommet", entry=400, keep=300, multiplier_bp=20_000
    )
    at = timezone.now() - timedelta(days=20)
    join(customer=customer, at=at)
    earn(
        [Earning(1, 300, "Veste")], customer_id=customer.pk, document="O-9",
        channel="till", actor="u", at=at,
    )  # fmt: skip
    client.force_login(user)
    return customer


def test_the_page_shows_tier_way_to_the_next_and_rewards(client, member):
    RewardFactory(cost=50, name="Sortie en raquettes")
    RewardFactory(cost=350, name="Week-end")

    page = client.get(PAGE)

    assert page["Cache-Control"] == "no-store, private"
    text = page.content.decode()
    assert "Palier Sentier" in text
    assert "Encore 100 points pour atteindre le palier Sommet" in text
    assert text.count("Utiliser mes points") == 1
    assert "Il manque 50 points" in text


def test_the_page_costs_the_same_however_many_lots(client, member, django_assert_max_num_queries):
    for n in range(5):
        correct(
            customer_id=member.pk, points=5, reason="x", reference=f"K{n}", actor="u",
            at=timezone.now(),
        )  # fmt: skip
    client.get(PAGE)

    with django_assert_max_num_queries(20):
        client.get(PAGE)


def test_a_reward_is_had_once_for_one_page(client, member):
    reward = RewardFactory(cost=50)
    for _press in range(2):
        answer = client.post(f"{PAGE}avantage/{reward.pk}/", {"key": "k"})
        assert answer.status_code == 302

    assert RewardIssue.objects.count() == 1
    assert Account.objects.get().balance == 250
    dear = RewardFactory(cost=999)
    refused = client.post(f"{PAGE}avantage/{dear.pk}/", {"key": "k"})
    assert refused.status_code == 409
    assert "Le solde à utiliser est de 250 points" in refused.content.decode()


def test_giving_points_is_confirmed_and_tells_nothing_about_the_receiver(client, member):
    other = CustomerFactory(email="ami@example.org")
    join(customer=other, at=timezone.now())
    url = f"{PAGE}offrir/"
    answers = []
    for to in ("ami@example.org", "personne@example.org"):
        asked = client.post(url, {"to": to, "points": "20", "key": to[:3]})
        assert "Offrir 20 points" in asked.content.decode()
        sent = client.post(url, {"to": to, "points": "20", "key": to[:3], "confirmed": "1"})
        answers.append((sent.status_code, sent.content.decode().count("sont en route")))

    assert answers == [(200, 1)] * 2
    assert PointsGift.objects.count() == 2
    for wrong in ({"to": "", "points": "2"}, {"to": "x@y.fr", "points": "0.5"},
                  {"to": "x@y.fr", "points": "9" * 5000}):  # fmt: skip
        assert client.post(url, wrong | {"confirmed": "1"}).status_code == 422
    gift = PointsGift.objects.get(receiver__customer=other)
    assert client.post(f"{PAGE}cadeau/{gift.pk}/").status_code == 404
    user = UserFactory(email="ami@example.org")
    other.user = user
    other.save()
    client.force_login(user)
    assert "Un adhérent vous offre 20 points" in client.get(PAGE).content.decode()
    client.post(f"{PAGE}cadeau/{gift.pk}/")
    assert Account.objects.get(customer=other).balance == 20


def test_the_card_and_the_statement_are_the_member_s_own(client, member):
    picture, paper = client.get(f"{PAGE}carte.png"), client.get(f"{PAGE}carte.pdf")
    assert picture.content[:4] == b"\x89PNG"
    assert paper.content[:5] == b"%PDF-"
    assert client.get(f"{PAGE}carte.exe").status_code == 404

    month = f"{timezone.localtime(timezone.now() - timedelta(days=20)):%Y-%m}"
    page = client.get(f"{PAGE}releve/{month}/")
    assert "Solde à la fin" in page.content.decode()
    assert "Veste" in page.content.decode()
    assert client.get(f"{PAGE}releve/{month}.pdf").content[:5] == b"%PDF-"
    for wrong in ("1999-01", "2026-13", "x"):
        assert client.get(f"{PAGE}releve/{wrong}/").status_code == 404


def test_a_member_s_basket_says_what_it_will_earn_and_a_guest_s_does_not(client, member):
    shop = small_shop()
    add(client, shop.jacket_m)
    assert "Cette commande vous rapportera 84 points" in client.get("/panier/").content.decode()

    client.logout()
    add(client, shop.jacket_m)
    assert "vous rapportera" not in client.get("/panier/").content.decode()


def test_the_programme_is_joined_by_one_press(client):
    user = UserFactory(email="new@example.org")
    client.force_login(user)
    assert "Adhérer" in client.get(PAGE).content.decode()

    client.post(PAGE)
    client.post(PAGE)

    account = Account.objects.get()
    assert account.customer.user == user
    assert not account.customer.consents.exists()


def test_a_friend_joins_by_the_member_s_link(client, member):
    sponsor = Account.objects.get()
    EarnRule.objects.create(
        programme=sponsor.programme, name="Parrain", event="referral", points=100
    )
    code = code_of(sponsor)
    assert f"http://testserver{PAGE}?parrain={code}" in client.get(PAGE).content.decode().replace(
        settings.SITE_URL, "http://testserver"
    )
    friend = UserFactory(email="louise@example.org")
    client.force_login(friend)

    form = client.get(PAGE, {"parrain": code}).content.decode()
    refused = client.post(PAGE, {"parrain": "2900000000000"})
    joined = client.post(PAGE, {"parrain": code})

    assert f'value="{code}"' in form
    assert refused.status_code == 422
    assert "Aucun membre" in refused.content.decode()
    assert 'value="2900000000000"' in refused.content.decode()
    assert joined.status_code == 302
    assert Account.objects.exclude(pk=sponsor.pk).get().referred_by == sponsor


def test_tiers_and_rewards_are_read_in_the_reader_s_language(client, member):
    Tier.objects.filter(code="base").update(name_en="Trail", benefits_fr="Bien", benefits_en="Fine")
    reward = RewardFactory(cost=50, name_fr="Sortie", name_en="Outing", description_fr="À pied")
    rewards.redeem(
        customer_id=member.pk, reward_id=reward.pk, reference="r", channel="web", actor="u",
        at=timezone.now(),
    )  # fmt: skip

    french, english = (client.get(f"{way}{PAGE}").content.decode() for way in ("", "/en"))

    for words in ("Palier Sentier", "Bien", "Sortie", "À pied", "palier Sommet"):
        assert words in french
    for words in ("Tier Trail", "Fine", "Outing", "À pied", "tier Sommet"):  # else in French
        assert words in english
    assert "Outing" not in french
    assert "Sortie" not in english


def test_the_origin_of_points_is_in_the_member_s_language(member):
    programme = Account.objects.get().programme
    EarnRule.objects.create(
        programme=programme, event="review", points=5, name_fr="Votre avis", name_en="Your review"
    )
    Customer.objects.filter(pk=member.pk).update(language="en")

    reward(
        customer_id=member.pk, event="review", reference="1", channel="web", actor="u",
        at=timezone.now(),
    )  # fmt: skip

    assert PointsLot.objects.get(document="review:1").origin == "Your review"
