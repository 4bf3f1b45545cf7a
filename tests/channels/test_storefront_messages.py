"""Mails: the subject is the fact, good as plain text, in the reader's language (E1 to E4)."""

import json
import re

import pytest

from customers.models import Message
from customers.services import messages
from tests.factories import NOON

STORE = {"name": "Lyon Part-Dieu", "address": "1 rue, 69002 Lyon", "timezone": "Europe/Paris"}
CONTEXT = {
    "number": "O-0001042",
    "name": "Camille",
    "link": "http://shop.example/commande/abc/",
    "stop_link": "http://shop.example/preferences/abc/",
    "total_minor": 8490,
    "amount_minor": 8490,
    "currency": "EUR",
    "lines": [{"name": "Veste & bonnet", "quantity": 1, "total_minor": 8490}],
    "kind": "pickup",
    "promised_at": "2026-11-17T15:10:00+00:00",
    "hold_until": "2026-11-20T18:30:00+00:00",
    "store": STORE,
    "code": "123456",
    "paid": True,
    "missing": ["Tasse émaillée"],
    "reference": "W-1",
    "order_number": "O-0001042",
    "text": "",
    "received_at": "2026-11-17T15:10:00+00:00",
    "payload": json.dumps(
        {
            "lines": [{"quantity": 1, "name": "Tasse", "total": 1200}],
            "vat": [{"tax_bp": 2000, "tax": 200}],
            "total": 1200,
            "currency": "EUR",
            "issued_at": "2026-11-17T15:10:00+00:00",
        }
    ),
}
SUBJECTS = {
    "order_placed": "Commande O-0001042 confirmée",
    "order_ready": "Votre commande vous attend à Lyon Part-Dieu",
    "order_handed_over": "Commande O-0001042 remise",
    "order_shipped": "Commande O-0001042 expédiée",
    "order_not_collected": "Commande O-0001042 non retirée : elle est annulée",
    "order_cancelled": "Commande O-0001042 annulée",
    "order_sold_out": "Commande O-0001042 impossible à préparer : épuisé",
    "payment_sent_back": "Votre paiement de 84,90 € vous est rendu",
    "refund": "84,90 € vous sont remboursés",
    "shortage": "Il manque un article à la commande O-0001042",
    "basket_reminder": "Votre panier vous attend",
    "receipt": "Ticket O-0001042",
    "withdrawal_receipt": "Accusé de réception de votre rétractation W-1",
}


def mail_of(template, language="fr", **changes):
    context = CONTEXT | changes
    if template == "receipt":
        context = context | {"store": "Lyon Part-Dieu", "link": ""}
    message = Message(
        pk=1, template=template, to="c@example.org", language=language, context=context
    )
    return messages._rendered(message)


@pytest.mark.parametrize("template, subject", SUBJECTS.items())
def test_each_mail_says_its_fact_in_french(template, subject):
    mail = mail_of(template)

    assert mail.subject.replace("\u202f", " ").replace("\u00a0", " ") == subject
    html = mail.alternatives[0][0]
    assert "style=" in html  # inlined
    for part in (mail.body, html):
        assert "None" not in part
        assert "{" not in re.sub(r"<style.*?</style>", "", part, flags=re.S)
    assert "&amp;" not in mail.body


@pytest.mark.parametrize("template", SUBJECTS)
def test_each_mail_has_an_english_version_without_french_words(template):
    mail = mail_of(template, "en", store=STORE | {"name": "Lyon"})

    assert mail.subject != SUBJECTS[template]
    assert "Bonjour" not in mail.body
    assert "commande " not in mail.body


def test_times_of_a_mail_are_the_store_s():
    body = mail_of("order_placed").body.replace("\u00a0", " ")

    assert "mardi 17 novembre, à partir de 16 h 10" in body
    assert "vendredi 20 novembre" in body


def test_a_mail_of_an_unpaid_reservation_says_what_is_to_pay():
    mail = mail_of("order_placed", paid=False)

    assert mail.subject == "Réservation O-0001042 confirmée"
    assert "84,90" in mail.body


def test_a_message_is_sent_with_its_text_and_html(db, mailoutbox):
    messages.queue_message(
        key="k", template="order_ready", to="c@example.org", language="fr", context=CONTEXT, at=NOON
    )

    assert messages.send(message_id=Message.objects.get().pk, at=NOON)

    assert "123456" in mailoutbox[0].body
