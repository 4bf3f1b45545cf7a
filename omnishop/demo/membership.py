"""The loyalty programme: tiers with members in each, ways of earning, rewards, an offer, a gift."""

from datetime import datetime, timedelta

from catalog.models import Category, Operation, Promotion, Variant
from customers.models import Identity
from loyalty.models import Account, EarnRule, Programme, Reward, Tier
from loyalty.services import gifts, rewards
from loyalty.services.tiers import review
from omnishop.demo import signins
from omnishop.demo.house import House

TIERS = (
    (
        *("sentier", "Sentier", "Trail", 0, 0, 10_000),
        "Des points à chaque achat, en ligne et en magasin.",
        "Points on every purchase, online and in store.",
    ),
    (
        *("crete", "Crête", "Ridge", 300, 200, 12_500),
        "Les points comptent un quart de plus.",
        "Points count for a quarter more.",
    ),
    (
        *("sommet", "Sommet", "Summit", 900, 600, 15_000),
        "Les points comptent une fois et demie, une sortie offerte chaque saison.",
        "Points count one and a half times, an outing on us each season.",
    ),
)
Kind = Promotion.Kind


def tiers(programme: Programme) -> None:
    """The three tiers, before anybody earns."""
    for code, fr, en, entry, keep, multiplier, benefits_fr, benefits_en in TIERS:
        Tier.objects.create(
            programme=programme, code=code, name_fr=fr, name_en=en, entry=entry, keep=keep,
            multiplier_bp=multiplier, benefits_fr=benefits_fr, benefits_en=benefits_en,
        )  # fmt: skip


def stand(at: datetime) -> None:
    """The tier of each member after the history."""
    for account in Account.objects.select_related("programme", "customer", "tier").order_by("pk"):
        review([account], at=at)


def fill(house: House, *, at: datetime) -> None:
    """Rules and rewards from now on; Camille has one, is offered one, and was given points."""
    programme = house.programme
    boots = EarnRule.objects.create(
        programme=programme, name_fr="Points doublés sur la randonnée",
        name_en="Double points on hiking", multiplier_bp=20_000,
        starts_at=at, ends_at=at + timedelta(days=30),
    )  # fmt: skip
    boots.categories.set(Category.objects.filter(slug__startswith="randonnee")[:1])
    EarnRule.objects.create(
        programme=programme, name_fr="Deux points par euro pour les Sommet, en ligne",
        name_en="Two points per euro for Summit members, online",
        points_per_unit=2, tiers=["sommet"], channels=["web"], starts_at=at,
    )  # fmt: skip
    for event, fr, en, points in (
        ("birthday", "Votre anniversaire", "Your birthday", 50),
        ("review", "Votre avis publié", "Your published review", 10),
        ("first_visit", "Première connexion au site", "First sign-in on the site", 20),
        ("referral", "Un ami parrainé", "A friend you brought", 100),
        ("referred", "Bienvenue de la part d’un ami", "Welcome from a friend", 50),
    ):
        EarnRule.objects.create(
            programme=programme, name_fr=fr, name_en=en, event=event, points=points,
            starts_at=at + timedelta(days=1),
        )  # fmt: skip
    had = _rewards(programme, at)
    camille, emily = (
        Account.objects.get(customer__user__email=email)
        for email in (signins.CAMILLE, signins.EMILY)
    )
    rewards.redeem(
        customer_id=camille.customer_id, reward_id=had["5 €"].pk, reference="demo-1",
        channel="web", actor="task", at=at,
    )  # fmt: skip
    rewards.offer(
        reward_id=had["outing"].pk, customer_ids=[camille.customer_id, emily.customer_id],
        reason="Pour votre fidélité", reference="demo-2", until=at + timedelta(days=30),
        actor="task", at=at,
    )  # fmt: skip
    _gift(camille, at)


def _rewards(programme: Programme, at: datetime) -> dict[str, Reward]:
    operation = Operation.objects.create(
        code="avantages-fidelite", name_fr="Avantages de la carte", name_en="Card rewards",
        status=Operation.Status.APPROVED, starts_at=at, ends_at=at + timedelta(days=3650),
    )  # fmt: skip

    def promotion(kind: str, fr: str, en: str, **fields: object) -> Promotion:
        return Promotion.objects.create(
            operation=operation, kind=kind, name_fr=fr, name_en=en, by_coupon=True, **fields
        )

    cup = Variant.objects.filter(prices__amount_minor__lte=2000).order_by("pk").first()
    made = {
        "5 €": Reward(
            kind="voucher", name_fr="Bon de 5 €", name_en="€5 voucher", cost=100,
            promotion=promotion(Kind.AMOUNT, "Bon de 5 €", "€5 voucher", amount_minor=500),
        ),
        "15 €": Reward(
            kind="voucher", name_fr="Bon de 15 €", name_en="€15 voucher", cost=250,
            tiers=["crete", "sommet"],
            promotion=promotion(Kind.AMOUNT, "Bon de 15 €", "€15 voucher", amount_minor=1500),
        ),
        "delivery": Reward(
            kind="delivery", name_fr="Livraison offerte", name_en="Free delivery", cost=60,
            per_person=3,
            promotion=promotion(Kind.FREE_DELIVERY, "Livraison offerte", "Free delivery"),
        ),
        "gift": Reward(
            kind="gift", name_fr="Un cadeau avec votre prochaine commande",
            name_en="A gift with your next order", cost=150, stock=50,
            promotion=promotion(Kind.GIFT, "Cadeau de la carte", "Card gift", gift=cup),
        ),
        "outing": Reward(
            kind="experience", name_fr="Sortie en raquettes avec un guide",
            name_en="Snowshoe outing with a guide", cost=0, stock=20,
            per_person=1, tiers=["sommet"],
            description_fr="Une demi-journée en montagne, matériel prêté.",
            description_en="Half a day in the mountains, gear lent.",
        ),
    }  # fmt: skip
    for reward in made.values():
        reward.programme = programme
        reward.save()
    return made


def _gift(receiver: Account, at: datetime) -> None:
    """Somebody with points to spare gives Camille some."""
    card = Identity.objects.get(customer=receiver.customer_id, kind=Identity.Kind.CARD)
    giver = (
        Account.objects.filter(
            lots__remaining__gte=50, lots__available_at__lte=at, debt=0,
            lots__expires_at__gt=at + timedelta(days=20), customer__user__isnull=True,
        )
        .exclude(pk=receiver.pk)
        .order_by("pk")
        .first()
    )  # fmt: skip
    if giver:
        gifts.send(
            customer_id=giver.customer_id, to=card.value, points=30, number="demo-gift",
            channel="web", actor="task", at=at,
        )  # fmt: skip
