"""Invented facts with which a template is shown: an order, a store, a basket (UX E3)."""

import json
from typing import Any

_STORE = {
    "name": "Lyon Part-Dieu",
    "address": "17 rue du Docteur-Bouchut, 69003 Lyon",
    "timezone": "Europe/Paris",
}
_LINES = [
    {"sku": "0", "name": "Veste Lautaret", "quantity": 1, "total_minor": 12990},
    {"sku": "1", "name": "Gourde 1 L", "quantity": 2, "total_minor": 3580},
]

# By template; "common" is there for each.
SAMPLES: dict[str, dict[str, Any]] = {
    "common": {
        "number": "O-0001042",
        "order_number": "O-0001042",
        "name": "Camille",
        "title": "",
        "link": "https://shop.example/",
        "stop_link": "https://shop.example/preferences/",
        "total_minor": 16570,
        "amount_minor": 16570,
        "currency": "EUR",
        "lines": _LINES,
        "kind": "pickup",
        "promised_at": "2026-11-17T15:10:00+00:00",
        "hold_until": "2026-11-20T18:30:00+00:00",
        "store": _STORE,
        "code": "123456",
        "paid": True,
        "missing": ["Gourde 1 L"],
        "reference": "W-1",
        "text": "",
        "received_at": "2026-11-17T15:10:00+00:00",
    },
    "receipt": {
        "store": "Lyon Part-Dieu",
        "link": "",
        "payload": json.dumps(
            {
                "lines": [{"quantity": 1, "name": "Gourde 1 L", "total": 1790}],
                "vat": [{"tax_bp": 2000, "tax": 298}],
                "total": 1790,
                "currency": "EUR",
                "issued_at": "2026-11-17T15:10:00+00:00",
            }
        ),
    },
    "price_drop": {
        "lines": [{"sku": "0", "name": "Veste Lautaret", "before_minor": 15990, "now_minor": 12990}]
    },
    "loyalty_card": {"link": "", "programme": "Grand Air & Vous", "card": "2900000000018"},
    "basket_reminder": {"total_minor": None},
    "basket_link": {"number": "K-000042"},
    "campaign": {
        "title": "Nouveautés",
        "paragraphs": ["Voici nos nouvelles."],
        "button": "Grand Air",
        "lines": [],
    },
}
