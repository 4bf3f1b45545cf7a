"""Fiscal receipts (DOMAIN 2). This module alone writes the chain.

COMPLIANCE_VERSION changes with it, so that an attestation can name what it covers (POS-1).
"""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from django.conf import settings

from omnishop.kernel.money import vat_rows
from omnishop.kernel.transactions import joined
from omnishop.network.models import Till
from orders.models import Order, OrderLine, Payment, Receipt, ReceiptChain, Return

COMPLIANCE_VERSION = "3"  # 2: discounts by name; 3: weight and price per kilogram


def sign(till: Till, digest: str) -> str:
    """The signature of a receipt's hash by its till's key (POS-9)."""
    key = hmac.new(settings.FISCAL_KEY.encode(), f"till:{till}".encode(), hashlib.sha256).digest()
    return hmac.new(key, digest.encode(), hashlib.sha256).hexdigest()


def chained(previous_hash: str, payload: str) -> str:
    """The hash of a receipt after another (POS-8)."""
    return hashlib.sha256(f"{previous_hash}{payload}".encode()).hexdigest()


def verify(receipt: Receipt) -> bool:
    """Whether a receipt is as it was signed."""
    return receipt.hash == chained(receipt.previous_hash, receipt.payload) and hmac.compare_digest(
        receipt.signature, sign(receipt.till, receipt.hash)
    )


@joined
def issue_sale(*, order: Order, till: Till, tenders: Sequence[Payment], at: datetime) -> Receipt:
    """The receipt of a sale at a till, without the units cancelled before it was paid."""
    lines = []
    for line in order.lines.order_by("position"):
        quantity = line.quantity - line.cancelled
        total = line.total_minor - line.refunded_minor
        if quantity:
            lines.append(
                {
                    "sku": line.sku,
                    "name": line.name,
                    "quantity": quantity,
                    "unit": line.unit_minor,
                    "discount": line.unit_minor * quantity - total,
                    "reason": line.discount_reason,
                    "total": total,
                    "tax_bp": line.tax_bp,
                    **_weight(line),
                }
            )
    paid = [
        {"method": payment.method, "amount": payment.captured_minor - payment.refunded_minor}
        for payment in tenders
        if payment.captured_minor > payment.refunded_minor
    ]
    return _issue(order=order, till=till, lines=lines, tenders=paid, cites="", at=at)


def _weight(line: OrderLine) -> dict[str, object]:
    """What stands beside a pack that was sold by weight: grams of one, price of a kilogram."""
    return {"pack_g": line.pack_g, "kilo": line.kilo_minor} if line.pack_g else {}


@joined
def issue_return(
    *, document: Return, till: Till, tenders: Sequence[tuple[str, int]], at: datetime
) -> Receipt:
    """The negative receipt of goods taken back; it cites the sale (POS-11)."""
    lines = [
        {
            "sku": item.line.sku,
            "name": item.line.name,
            "quantity": -item.quantity,
            "unit": item.line.unit_minor,
            "discount": 0,
            "total": -item.total_minor,
            "tax_bp": item.line.tax_bp,
            **_weight(item.line),
        }
        for item in document.lines.select_related("line").order_by("pk")
    ]
    paid = [{"method": method, "amount": -amount} for method, amount in tenders]
    return _issue(
        order=document.order, till=till, lines=lines, tenders=paid, cites=document.number, at=at
    )


def text_of(
    *,
    till: Till,
    sequence: int,
    order: str,
    currency: str,
    lines: Sequence[Mapping[str, object]],
    tenders: Sequence[Mapping[str, object]],
    cites: str,
    at: datetime,
) -> str:
    """What is signed of a receipt: canonical JSON."""
    amounts = [(int(str(line["total"])), int(str(line["tax_bp"]))) for line in lines]
    return json.dumps(
        {
            "version": COMPLIANCE_VERSION,
            "till": str(till),
            "sequence": sequence,
            "issued_at": at.isoformat(),
            "business_on": till.store.business_day(at).isoformat(),
            "order": order,
            "cites": cites,
            "lines": lines,
            "vat": [
                {"tax_bp": row.tax_bp, "gross": row.gross_minor, "tax": row.tax_minor}
                for row in vat_rows(amounts)
            ],
            "tenders": tenders,
            "total": sum(total for total, _tax_bp in amounts),
            "currency": currency,
        },
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
    )


def _issue(
    *,
    order: Order,
    till: Till,
    lines: list[dict[str, object]],
    tenders: list[dict[str, object]],
    cites: str,
    at: datetime,
) -> Receipt:
    ReceiptChain.objects.get_or_create(till=till)
    # The head of the chain is the lock: no gap, no fork (POS-7; read-last-add-one forks).
    chain = ReceiptChain.objects.select_for_update().get(till=till)
    sequence = chain.last_sequence + 1
    total = sum(int(str(line["total"])) for line in lines)
    store = till.store
    payload = text_of(
        till=till,
        sequence=sequence,
        order=order.number,
        currency=order.currency,
        lines=lines,
        tenders=tenders,
        cites=cites,
        at=at,
    )
    digest = chained(chain.last_hash, payload)
    receipt = Receipt.objects.create(
        till=till,
        sequence=sequence,
        order=order,
        total_minor=total,
        currency=order.currency,
        business_on=store.business_day(at),
        issued_at=at,
        payload=payload,
        previous_hash=chain.last_hash,
        hash=digest,
        signature=sign(till, digest),
    )
    chain.last_sequence = sequence
    chain.last_hash = digest
    chain.save(update_fields=["last_sequence", "last_hash"])
    return receipt
