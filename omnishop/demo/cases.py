"""Requests of customers in all states: written, called in, answered, solved, joined, late."""

from django.db.models import Q

from customers.models import Case, Customer, ReplyTemplate
from customers.services import conversations, desk
from customers.services.conversations import Sender
from omnishop.demo import signins
from omnishop.demo.days import Days
from omnishop.demo.house import House
from omnishop.demo.recent import Recent
from orders.models import Order
from orders.selectors import basket_view
from orders.services import baskets, telephone

TEXTS = {
    "Colis en retard": (
        "Bonjour {name},\n\nLe colis de votre commande {order} a pris du retard.\n\n{agent}",
        "Hello {name},\n\nThe parcel of your order {order} is late.\n\n{agent}",
    ),
    "Article abîmé": (
        "Bonjour {name},\n\nPouvez-vous nous envoyer une photo de l’article ?\n\n{agent}",
        "Hello {name},\n\nCan you send us a picture of the article?\n\n{agent}",
    ),
    "Points manquants": (
        "Bonjour {name},\n\nVos points sont en attente quatorze jours.\n\n{agent}",
        "Hello {name},\n\nYour points are pending for fourteen days.\n\n{agent}",
    ),
}


class Cases:
    """Writes the cases of one seeding by the services, each at its own time."""

    def __init__(self, house: House, days: Days) -> None:
        self.house, self.days = house, days
        self.agent = house.staff[signins.SERVICE]
        self.count = 0

    def _key(self) -> str:
        self.count += 1
        return f"demo:{self.count}"

    def begun(
        self, person: Customer | None, subject: str, text: str, *, ago: int, hour: int,
        channel: str = "form", order: str = "", store: str = "", priority: int = 3,
        email: str = "", name: str = "",
    ) -> Case:  # fmt: skip
        """A case that somebody began."""
        staff = channel in ("phone", "shop")
        return conversations.open_case(
            subject=subject, text=text, channel=channel, key=self._key(), priority=priority,
            sender=Sender(
                name=person.name if person else name, email=email,
                language=person.language if person else "fr",
                customer_id=person.pk if person else None,
            ),
            actor=f"user:{self.agent.pk}" if staff else "customer",
            at=self.days.at(ago, hour), document=order,
            store_id=self.house.stores[store].pk if store else None, tell=bool(email),
        )  # fmt: skip

    def answered(self, case: Case, text: str, *, ago: int, hour: int, then: str) -> None:
        conversations.answer(
            case_id=case.pk, text=text, key=self._key(), version=None, then=then,
            actor=f"user:{self.agent.pk}", agent=self.agent.first_name,
            at=self.days.at(ago, hour),
        )  # fmt: skip

    def noted(
        self, case: Case, text: str, *, ago: int, hour: int, channel: str = "", then: str = ""
    ) -> None:
        conversations.note(
            case_id=case.pk, text=text, key=self._key(), channel=channel, internal=not channel,
            then=then, actor=f"user:{self.agent.pk}", at=self.days.at(ago, hour),
        )  # fmt: skip

    def wrote(self, case: Case, text: str, *, ago: int, hour: int) -> None:
        conversations.customer_writes(
            case_id=case.pk, text=text, channel="email", key=self._key(),
            at=self.days.at(ago, hour),
        )  # fmt: skip

    def taken(self, case: Case, *, ago: int, hour: int) -> None:
        desk.assign(
            case_id=case.pk, user=self.agent, version=None, actor=f"user:{self.agent.pk}",
            at=self.days.at(ago, hour),
        )  # fmt: skip


def order_by_telephone(recent: Recent) -> None:
    """Emily calls: her basket is filled at the desk and waits in Paris, to be paid there."""
    house, at = recent.house, recent.now
    emily = Customer.objects.get(user__email=signins.EMILY)
    basket = baskets.begun(customer=emily, at=at, language=emily.language)
    for article, quantity in recent.goods(house.floors["PAR"], 2):
        baskets.add(basket_id=basket.pk, variant_id=article.pk, quantity=quantity, at=at)
    basket.refresh_from_db()
    telephone.reserve(
        customer_id=emily.pk, case_id=None, agent_id=house.staff[signins.SERVICE].pk,
        basket_id=basket.pk, seen_at=basket.changed_at, store_id=house.stores["PAR"].pk,
        expected_total_minor=basket_view(basket, at=at).quote.total_minor, key="demo:order", at=at,
    )  # fmt: skip


def fill(house: House, days: Days) -> None:
    """A dozen requests, with texts to answer them."""
    for name, (french, english) in TEXTS.items():
        ReplyTemplate.objects.create(name=name, language="fr", text=french)
        ReplyTemplate.objects.create(name=name, language="en", text=english)
    cases = Cases(house, days)
    camille = Customer.objects.get(user__email=signins.CAMILLE)
    emily = Customer.objects.get(user__email=signins.EMILY)
    bought = {
        person.pk: Order.objects.filter(Q(customer=person), channel="web").order_by("-pk").first()
        for person in (camille, emily)
    }
    orders = {pk: order.number if order else "" for pk, order in bought.items()}
    _camille(cases, camille, orders[camille.pk])
    _emily(cases, emily, orders[emily.pk])
    late = cases.begun(
        None, "Échange de taille", "Bonjour, la veste est trop petite. Puis-je l’échanger à Lyon ?",
        ago=3, hour=18, channel="email", email="nadia.benali@example.org", name="Nadia Benali",
        priority=2,
    )  # fmt: skip
    cases.noted(late, "Taille L en stock à Lyon.", ago=2, hour=9)
    cases.begun(
        None, "Horaires pendant les fêtes", "Ouvrez-vous le dimanche avant Noël ?", ago=1, hour=20,
        email="paul.roche@example.org", name="Paul Roche", priority=4,
    )  # fmt: skip
    cases.begun(
        None, "Bâton perdu", "A laissé un bâton de marche près des cabines.", ago=1, hour=17,
        channel="shop", store="LYO", name="Monsieur Perrin",
    )  # fmt: skip


def _camille(cases: Cases, person: Customer, order: str) -> None:
    """Begun on the site, gone on with by telephone, closed in the shop."""
    first = cases.begun(
        person, "Réchaud qui fuit", "Bonjour, le réchaud fuit au raccord. Que faire ?", ago=12,
        hour=20, order=order, email=signins.CAMILLE,
    )  # fmt: skip
    cases.taken(first, ago=11, hour=9)
    cases.noted(
        first, "Rappelé : ne plus l’utiliser, passer en magasin avec le réchaud.", ago=11, hour=10,
        channel="phone", then="waiting",
    )  # fmt: skip
    cases.noted(first, "Échangé à Lyon Part-Dieu.", ago=9, hour=16, channel="shop", then="solved")
    points = cases.begun(
        person, "Points de ma dernière visite", "Je ne vois pas mes points.", ago=2, hour=12,
        email=signins.CAMILLE,
    )  # fmt: skip
    cases.taken(points, ago=2, hour=14)
    cases.answered(
        points, "Bonjour Camille,\n\nils sont en attente quatorze jours.", ago=2, hour=14,
        then="waiting",
    )  # fmt: skip
    again = cases.begun(
        person, "Mes points (suite)", "Je parlais de ceux de l’été.", ago=1, hour=9,
        channel="email", email=signins.CAMILLE,
    )  # fmt: skip
    desk.merge(
        case_id=again.pk, into_id=points.pk, actor=f"user:{cases.agent.pk}",
        at=cases.days.at(1, 10),
    )  # fmt: skip


def _emily(cases: Cases, person: Customer, order: str) -> None:
    case = cases.begun(
        person, "Parcel delayed", "My parcel should have been here on Monday.", ago=6, hour=11,
        channel="email", order=order, email=signins.EMILY,
    )  # fmt: skip
    cases.answered(case, "Hello Emily,\n\nit is on its way again.", ago=6, hour=15, then="solved")
    cases.wrote(case, "Still nothing, I am afraid.", ago=1, hour=19)
    old = cases.begun(
        person, "Invoice", "Can I have an invoice with my company's name?", ago=40, hour=10,
        email=signins.EMILY,
    )  # fmt: skip
    cases.answered(old, "Of course, here it is.", ago=39, hour=11, then="solved")
    desk.close_if_over(case_id=old.pk, at=cases.days.at(20, 4))
