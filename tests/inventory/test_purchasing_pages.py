"""The back office's pages about purchasing: who may, what they say, what they refuse."""

from datetime import date

import pytest
from django.urls import reverse

from customers.models import Message
from customers.services.messages import send
from inventory.models import Proposal, PurchaseOrder, StockMovement, Supplier, SupplierArticle
from inventory.services import purchasing
from inventory.services.purchasing import Item
from tests.factories import (
    NOON,
    StaffFactory,
    StockLevelFactory,
    StoreFactory,
    SupplierArticleFactory,
    SupplierFactory,
    VariantFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _at_noon(time_machine):
    time_machine.move_to(NOON, tick=False)


@pytest.fixture
def lyon(db):
    return StoreFactory(name="Lyon")


@pytest.fixture
def supplier(db):
    return SupplierFactory(name="Alpes Montagne")


@pytest.fixture
def tent(supplier):
    return SupplierArticleFactory(
        supplier=supplier, reference="AM-1", variant__sku="TENT", cost_minor=4200,
        variant__gtin="9520000000011",
    ).variant  # fmt: skip


@pytest.fixture
def manager(client, lyon):
    """The manager of Lyon, signed in."""
    user = StaffFactory(role="store_manager", stores=[lyon]).user
    client.force_login(user)
    return client


@pytest.fixture
def order(supplier, lyon, tent):
    return placed(supplier, lyon, tent)


def draft(supplier, store, *variants):
    return purchasing.write(
        supplier_id=supplier.pk,
        location_id=store.locations.get().pk,
        items=[Item(variant.pk, 10) for variant in variants],
        at=NOON,
        actor="user:1",
    )


def placed(supplier, store, *variants):
    written = draft(supplier, store, *variants)
    return purchasing.order(order_id=written.pk, at=NOON, actor="user:1")


def url(page, *args):
    return reverse(f"admin:inventory_{page}", args=args)


def delivery(order, units=None, damaged=None, **fields):
    """The form of the receiving page: units and damaged by article."""
    data = {"delivery": purchasing.next_delivery(order)}
    data |= {f"units-{variant.pk}": count for variant, count in (units or {}).items()}
    data |= {f"damaged-{variant.pk}": count for variant, count in (damaged or {}).items()}
    return data | fields


def text(answer):
    return answer.content.decode()


# --- Drafts -------------------------------------------------------------------------------------


def lines_form(*rows, initial=0):
    data = {"lines-TOTAL_FORMS": len(rows), "lines-INITIAL_FORMS": initial}
    for number, row in enumerate(rows):
        data |= {f"lines-{number}-{name}": value for name, value in row.items()}
    return data


def test_a_draft_is_written_and_its_lines_edited(manager, supplier, lyon, tent):
    stove = VariantFactory(sku="STOVE")
    place = lyon.locations.get()
    data = {"supplier": supplier.pk, "location": place.pk} | lines_form(
        {"variant": tent.pk, "quantity": 10, "cost": ""},
        {"variant": stove.pk, "quantity": 2, "cost": "12,50"},
    )
    answer = manager.post(url("purchaseorder_add"), data)
    order = PurchaseOrder.objects.get()
    assert (answer.status_code, order.status, order.location) == (302, "draft", place)
    found = order.lines.values_list("variant__sku", "quantity", "cost_minor")
    assert list(found) == [("TENT", 10, 4200), ("STOVE", 2, 1250)]

    first, second = order.lines.order_by("position")
    change = lines_form(
        {"id": first.pk, "order": order.pk, "variant": tent.pk, "quantity": 24, "cost": "42,00"},
        {"id": second.pk, "order": order.pk, "variant": stove.pk, "quantity": 2, "DELETE": "on"},
        initial=2,
    )
    manager.post(url("purchaseorder_change", order.pk), change)
    assert list(order.lines.values_list("variant__sku", "quantity")) == [("TENT", 24)]


@pytest.mark.parametrize("quantity", ["0", "-1", "0.1", "x", "1000000000", ""])
def test_an_impossible_line_is_refused_with_words(manager, supplier, lyon, tent, quantity):
    order = draft(supplier, lyon)
    row = {"order": order.pk, "variant": tent.pk, "quantity": quantity, "cost": "1"}
    answer = manager.post(url("purchaseorder_change", order.pk), lines_form(row))
    assert answer.status_code == 200
    assert "lines-0-quantity" in text(answer)
    assert not order.lines.exists()


def test_an_order_that_was_sent_is_read_only(manager, order, tent):
    line = order.lines.get()
    row = {"id": line.pk, "order": order.pk, "variant": tent.pk, "quantity": 99, "cost": "1"}
    answer = manager.post(url("purchaseorder_change", order.pk), lines_form(row, initial=1))
    assert answer.status_code == 403
    line.refresh_from_db()
    assert line.quantity == 10
    assert manager.post(url("purchaseorder_delete", order.pk), {"post": "yes"}).status_code == 403


# --- Actions ------------------------------------------------------------------------------------


def test_an_order_is_sent_its_date_moved_and_closed(manager, supplier, lyon, tent):
    order = draft(supplier, lyon, tent)
    page = url("purchaseorder_order", order.pk)
    assert "26/11/2026" in text(manager.get(page))  # nine days of delivery
    past = manager.post(page, {"key": "k", "expected_on": "16/11/2026"})
    assert past.status_code == 422
    manager.post(page, {"key": "k", "expected_on": "24/11/2026"})
    order.refresh_from_db()
    assert (order.status, order.expected_on) == ("ordered", date(2026, 11, 24))
    assert manager.post(page, {"key": "k", "expected_on": "24/11/2026"}).status_code == 409

    moved = {"key": "k", "expected_on": "30/11/2026"}
    manager.post(url("purchaseorder_expect", order.pk), moved)
    order.refresh_from_db()
    assert order.expected_on == date(2026, 11, 30)
    assert manager.post(url("purchaseorder_close", order.pk), {"key": "k"}).status_code == 409
    manager.post(url("purchaseorder_cancel", order.pk), {"key": "k"})
    order.refresh_from_db()
    assert order.status == "cancelled"


def test_an_empty_order_is_not_sent(manager, supplier, lyon):
    order = draft(supplier, lyon)
    answer = manager.post(
        url("purchaseorder_order", order.pk), {"key": "k", "expected_on": "24/11/2026"}
    )
    assert answer.status_code == 409
    assert "vide" in text(answer)


def test_only_fitting_actions_are_offered(manager, supplier, lyon, tent, order):
    waiting = text(manager.get(url("purchaseorder_change", order.pk)))
    assert url("purchaseorder_receive", order.pk) in waiting
    assert url("purchaseorder_order", order.pk) not in waiting
    written = draft(supplier, lyon, tent)
    drafted = text(manager.get(url("purchaseorder_change", written.pk)))
    assert url("purchaseorder_order", written.pk) in drafted
    assert url("purchaseorder_receive", written.pk) not in drafted


# --- Receiving ----------------------------------------------------------------------------------


def test_a_delivery_is_received_with_its_difference(manager, order, tent):
    page = manager.get(url("purchaseorder_receive", order.pk))
    assert "AM-1" in text(page)
    assert "il manque 10" in text(page)

    answer = manager.post(
        url("purchaseorder_receive", order.pk), delivery(order, {tent: 7}, {tent: 2}), follow=True
    )

    said = [str(message) for message in answer.context["messages"]]
    assert said == ["7 unités reçues. Dont 2 abîmées, mises de côté. TENT\u202f: il manque 3"]
    line = order.lines.get()
    assert (line.received, line.damaged) == (7, 2)
    assert f"{order.number}-D1" in text(answer)
    assert "il manque 3" in text(answer)


def test_everything_awaited_is_filled_in_by_a_link(manager, order, tent):
    page = manager.get(url("purchaseorder_receive", order.pk), {"all": ""})
    assert page.context["form"][f"units-{tent.pk}"].value() == 10


def test_a_second_press_books_nothing_and_another_figure_is_refused(manager, order, tent):
    page = url("purchaseorder_receive", order.pk)
    first = delivery(order, {tent: 7})
    assert manager.post(page, first).status_code == 302
    assert manager.post(page, first).status_code == 302
    other = manager.post(page, first | {f"units-{tent.pk}": 8})
    assert other.status_code == 409
    assert "entre-temps" in text(other)
    assert order.lines.get().received == 7


@pytest.mark.parametrize(
    "units, damaged, status, words",
    [
        ("", "", 422, "Rien n’a été saisi"),
        ("0", "", 422, "Rien n’a été saisi"),
        ("-1", "", 422, "Rien n’a encore été reçu"),
        ("0.1", "", 422, "Rien n’a encore été reçu"),
        ("x", "", 422, "Rien n’a encore été reçu"),
        ("1000000000", "", 422, "Rien n’a encore été reçu"),
        ("101", "", 422, "plus de dix fois"),
        ("1", "2", 422, "abîmées"),
        ("", "1", 422, "Rien n’a été saisi"),
    ],
)
def test_slips_are_refused_with_words_and_keep_what_was_typed(
    manager, order, tent, units, damaged, status, words
):
    data = delivery(order, {tent: units}, {tent: damaged})
    answer = manager.post(url("purchaseorder_receive", order.pk), data)
    assert answer.status_code == status
    assert words in text(answer)
    assert answer.context["form"][f"units-{tent.pk}"].value() == units
    assert not StockMovement.objects.exists()


def test_an_article_that_is_not_on_the_order(manager, order, tent):
    lamp = VariantFactory(sku="LAMP")
    page = url("purchaseorder_receive", order.pk)
    unknown = manager.post(page, delivery(order, **{"code-1": "NOPE", "more-1": 1}))
    listed = manager.post(page, delivery(order, **{"code-1": "TENT", "more-1": 1}))
    no_units = manager.post(page, delivery(order, **{"code-1": "LAMP"}))
    unwanted = manager.post(page, delivery(order, **{"code-1": "lamp", "more-1": 2}))
    assert [one.status_code for one in (unknown, listed, no_units, unwanted)] == [
        422, 422, 422, 409,
    ]  # fmt: skip
    assert "LAMP" in text(unwanted)
    assert not StockMovement.objects.exists()

    kept = {"code-1": "lamp", "more-1": 2, "broken-1": 1, "unexpected": "on"}
    assert manager.post(page, delivery(order, **kept)).status_code == 302
    line = order.lines.get(variant=lamp)
    assert (line.quantity, line.received, line.damaged) == (0, 2, 1)


def test_a_draft_or_a_received_order_has_no_receiving_page(manager, supplier, lyon, tent):
    written = draft(supplier, lyon, tent)
    page = url("purchaseorder_receive", written.pk)
    assert manager.get(page).status_code == 302
    assert manager.post(page, delivery(written, {tent: 1})).status_code == 409


@pytest.mark.parametrize("articles", [1, 20])
def test_the_pages_take_the_same_statements_whatever_the_lines(
    manager, supplier, lyon, articles, django_assert_max_num_queries
):
    order = placed(supplier, lyon, *[VariantFactory() for _ in range(articles)])
    with django_assert_max_num_queries(16):
        assert manager.get(url("purchaseorder_receive", order.pk)).status_code == 200
    with django_assert_max_num_queries(26):
        assert manager.get(url("purchaseorder_change", order.pk)).status_code == 200
    with django_assert_max_num_queries(12):
        assert manager.get(url("purchaseorder_print", order.pk)).status_code == 200


def test_lists_take_the_same_statements_whatever_their_length(
    manager, supplier, lyon, tent, django_assert_max_num_queries
):
    for _ in range(12):
        placed(supplier, lyon, tent)
    with django_assert_max_num_queries(11):
        page = manager.get(url("purchaseorder_changelist"))
    assert "10" in text(page)


# --- Paper --------------------------------------------------------------------------------------


def test_the_paper_has_the_suppliers_reference_and_the_total(manager, order):
    paper = text(manager.get(url("purchaseorder_print", order.pk)))
    assert "AM-1" in paper
    assert "420,00" in paper
    assert "<script" not in paper


def test_the_supplier_is_written_once_for_each_date(manager, supplier, lyon, tent, mailoutbox):
    supplier.email = "commandes@alpes.example"
    supplier.save()
    order = draft(supplier, lyon, tent)
    data = {"key": "k", "expected_on": "24/11/2026"}
    assert "commandes@alpes.example" in text(manager.get(url("purchaseorder_order", order.pk)))

    manager.post(url("purchaseorder_order", order.pk), data | {"mail": "on"})
    for _press in range(2):
        manager.post(url("purchaseorder_mail", order.pk), {"key": "m"})

    message = Message.objects.get()
    assert (message.to, message.document) == ("commandes@alpes.example", order.number)
    assert send(message_id=message.pk, at=NOON)
    (mail,) = mailoutbox
    body = mail.body.replace("\u00a0", " ").replace("\u202f", " ")
    assert mail.subject == f"Commande fournisseur {order.number} de Grand Air"
    assert "10 × " in body
    assert "AM-1, TENT, 9520000000011" in body
    assert "420,00 €" in body
    assert "mardi 24 novembre" in body
    assert "1 rue de la République, 69002 Lyon" in body
    moved = {"key": "e", "expected_on": "30/11/2026"}
    manager.post(url("purchaseorder_expect", order.pk), moved)
    manager.post(url("purchaseorder_mail", order.pk), {"key": "n"})
    assert Message.objects.count() == 2


def test_without_an_address_or_the_wish_nothing_is_written(manager, supplier, lyon, tent):
    supplier.email = ""
    supplier.save()
    order = draft(supplier, lyon, tent)
    page = url("purchaseorder_order", order.pk)
    assert 'name="mail"' not in text(manager.get(page))
    manager.post(page, {"key": "k", "expected_on": "24/11/2026", "mail": "on"})

    refused = manager.post(url("purchaseorder_mail", order.pk), {"key": "m"})

    assert refused.status_code == 409
    assert "Aucune adresse" in text(refused)
    supplier.email = "commandes@alpes.example"
    supplier.save()
    other = draft(supplier, lyon, tent)
    manager.post(url("purchaseorder_order", other.pk), {"key": "o", "expected_on": "24/11/2026"})
    assert not Message.objects.exists()
    assert manager.post(
        url("purchaseorder_mail", draft(supplier, lyon, tent).pk), {"key": "d"}
    ).status_code in (403, 409)


# --- Who may, and whose -------------------------------------------------------------------------


def test_an_associate_receives_and_buys_nothing(client, lyon, order, tent):
    client.force_login(StaffFactory(role="associate", stores=[lyon]).user)
    page = client.get(url("purchaseorder_change", order.pk))
    assert page.status_code == 200
    assert url("purchaseorder_receive", order.pk) in text(page)
    for name in ("order", "mail", "expect", "close", "cancel"):
        assert client.post(url(f"purchaseorder_{name}", order.pk), {}).status_code == 403
    assert client.post(url("purchaseorder_add"), {}).status_code == 403

    client.post(url("purchaseorder_receive", order.pk), delivery(order, {tent: 10}))

    order.refresh_from_db()
    assert (order.status, StockMovement.objects.get().delta) == ("received", 10)


def test_customer_service_receives_nothing(client, lyon, order, tent):
    client.force_login(StaffFactory(role="service", stores=[lyon]).user)
    page = url("purchaseorder_receive", order.pk)

    assert client.post(page, delivery(order, {tent: 10})).status_code == 403
    assert not StockMovement.objects.exists()


def test_orders_of_other_places_are_not_there(manager, supplier, tent):
    brest = StoreFactory(name="Brest")
    theirs = placed(supplier, brest, tent)
    assert theirs.number not in text(manager.get(url("purchaseorder_changelist")))
    for name in ("order", "receive", "mail", "expect", "close", "cancel", "print"):
        page = url(f"purchaseorder_{name}", theirs.pk)
        assert manager.post(page, delivery(theirs, {tent: 1})).status_code == 404
    data = {"supplier": supplier.pk, "location": brest.locations.get().pk} | lines_form()
    assert manager.post(url("purchaseorder_add"), data).status_code == 200
    assert PurchaseOrder.objects.count() == 1
    assert not StockMovement.objects.exists()


def test_head_office_keeps_suppliers_and_their_articles(client, tent):
    client.force_login(StaffFactory(role="head_office", all_stores=True).user)
    stove = VariantFactory()
    data = {"name": "Nordic", "code": "nordic", "lead_days": 14, "lead_days_spread": 4,
            "active": "on", "articles-TOTAL_FORMS": 1, "articles-INITIAL_FORMS": 0,
            "articles-0-variant": stove.pk, "articles-0-cost": "7,05", "articles-0-pack": 6,
            "articles-0-preferred": "on"}  # fmt: skip
    assert client.post(url("supplier_add"), data).status_code == 302
    made = SupplierArticle.objects.get(supplier__code="nordic")
    assert (made.cost_minor, made.pack) == (705, 6)

    again = data | {"code": "other", "articles-0-variant": tent.pk}
    refused = client.post(url("supplier_add"), again)  # it has a usual supplier
    assert refused.status_code == 200
    assert not Supplier.objects.filter(code="other").exists()


# --- Proposals ----------------------------------------------------------------------------------


@pytest.fixture
def proposal(lyon, tent, supplier):
    place = lyon.locations.get()
    StockLevelFactory(variant=tent, location=place)
    return Proposal.objects.create(
        variant=tent, location=place, supplier=supplier, quantity=48, computed_at=NOON,
        figures={"demand": 3.2, "spread": 1, "method": "mean", "lead_days": 9,
                 "lead_days_spread": 2, "safety": 12, "point": 41, "free": 12, "coming": 0,
                 "pack": 12},
    )  # fmt: skip


def act(client, name, *proposals):
    data = {"action": name, "_selected_action": [one.pk for one in proposals]}
    return client.post(url("proposal_changelist"), data, follow=True)


def test_the_figures_are_said_in_words(manager, proposal):
    page = text(manager.get(url("proposal_changelist"), {"status__exact": "open"}))
    assert (
        "vend 3,2 par jour, délai 9 j, seuil 41, libre 12, en route 0 → commander 48 "
        "(4 colis de 12)"
    ) in page
    detail = text(manager.get(url("proposal_change", proposal.pk)))
    assert "moyenne sur 90 jours" in detail


def test_accepted_proposals_are_on_a_draft(manager, proposal):
    answer = act(manager, "accept", proposal)
    order = PurchaseOrder.objects.get()
    assert order.number in text(answer)
    assert list(order.lines.values_list("quantity", "cost_minor")) == [(48, 4200)]
    again = act(manager, "accept", proposal)
    assert "Quelqu’un a déjà décidé" in text(again)
    assert order.lines.get().quantity == 48


def test_dismissed_proposals_make_no_order(manager, proposal):
    act(manager, "dismiss", proposal)
    proposal.refresh_from_db()
    assert (proposal.status, proposal.decided_at) == ("dismissed", NOON)
    assert not PurchaseOrder.objects.exists()


def test_an_associate_decides_nothing(client, lyon, proposal):
    client.force_login(StaffFactory(role="associate", stores=[lyon]).user)
    for name in ("accept", "dismiss"):
        act(client, name, proposal)
    proposal.refresh_from_db()
    assert proposal.status == "open"


def test_proposals_of_other_places_are_not_decided_on(client, proposal):
    brest = StoreFactory(name="Brest")
    client.force_login(StaffFactory(role="store_manager", stores=[brest]).user)
    assert proposal.variant.sku not in text(client.get(url("proposal_changelist")))
    act(client, "accept", proposal)
    assert not PurchaseOrder.objects.exists()
