"""Five segments that a retailer knows by name, and what customers are worth."""

from datetime import datetime
from typing import Any

from orders.services import segments, values

SEGMENTS: tuple[tuple[str, str, list[dict[str, Any]]], ...] = (
    (
        "Fidèles qui s’éloignent",
        "Trois achats ou plus, rien depuis un mois : les reconquérir.",
        [
            {"is": "orders", "op": "at_least", "count": 3},
            {"is": "last_order", "op": "longer", "days": 30},
        ],
    ),
    (
        "Un achat et puis rien",
        "Premier achat il y a plus d’un mois, aucun autre depuis.",
        [
            {"is": "orders", "op": "at_most", "count": 1},
            {"is": "first_order", "op": "longer", "days": 30},
        ],
    ),
    (
        "Boutique et site",
        "Achètent dans les deux canaux sur l’année.",
        [
            {"is": "channels", "in": ["web"], "days": 365},
            {"is": "channels", "in": ["till"], "days": 365},
        ],
    ),
    (
        "Panier en attente, joignables",
        "Un panier laissé ce mois-ci, et l’accord pour les e-mails.",
        [
            {"is": "basket", "op": "within", "days": 30},
            {"is": "consent", "channel": "email"},
        ],
    ),
    (
        "Meilleurs clients",
        "Récents, fréquents, les plus gros montants : ventes privées.",
        [
            {"is": "rfm_r", "in": ["4", "5"]},
            {"is": "rfm_f", "in": ["4", "5"]},
            {
                "any": [
                    {"is": "rfm_m", "in": ["5"]},
                    {"is": "expected_next", "op": "due", "days": 30},
                ]
            },
        ],
    ),
)


def fill(at: datetime) -> None:
    """Keep the segments; the last fills a group that promotions can name, the first is frozen."""
    values.compute(at=at)
    kept = [
        segments.save(
            segment_id=None,
            name=name,
            description=why,
            rules={"all": rules},
            by="command:seed_demo",
            at=at,
        )
        for name, why, rules in SEGMENTS
    ]
    segments.link_group(segment_id=kept[-1].pk, at=at)
    segments.freeze(segment_id=kept[0].pk, by="command:seed_demo", at=at)
