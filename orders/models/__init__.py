"""One basket, one order table, whatever the channel (DESIGN 3.1)."""

from orders.models.alert import StockAlert
from orders.models.approval import Approval
from orders.models.basket import Basket, BasketLine
from orders.models.campaign import Attribution, Campaign, CampaignStep
from orders.models.delivery import Carrier, DeliveryMethod
from orders.models.discount import DiscountShare, OrderDiscount, RefundClaim
from orders.models.fulfilment import Fulfilment, FulfilmentLine
from orders.models.order import Channel, Order, OrderEvent, OrderLine
from orders.models.payment import Payment, PaymentEvent, Refund, SandboxCharge
from orders.models.receipt import Receipt, ReceiptChain
from orders.models.relaunch import Relaunch
from orders.models.returns import Return, ReturnLine
from orders.models.sales_import import SalesImport
from orders.models.segment import (
    CustomerValue,
    GroupChange,
    Segment,
    SegmentExport,
    SegmentSnapshot,
    SnapshotMember,
)
from orders.models.shortage import Shortage
from orders.models.wish import WishItem, WishList
from orders.models.withdrawal import Withdrawal

__all__ = [
    "Approval",
    "Attribution",
    "Basket",
    "BasketLine",
    "Campaign",
    "CampaignStep",
    "Carrier",
    "Channel",
    "CustomerValue",
    "DeliveryMethod",
    "DiscountShare",
    "Fulfilment",
    "FulfilmentLine",
    "GroupChange",
    "Order",
    "OrderDiscount",
    "OrderEvent",
    "OrderLine",
    "Payment",
    "PaymentEvent",
    "Receipt",
    "ReceiptChain",
    "Refund",
    "RefundClaim",
    "Relaunch",
    "Return",
    "ReturnLine",
    "SalesImport",
    "SandboxCharge",
    "Segment",
    "SegmentExport",
    "SegmentSnapshot",
    "Shortage",
    "SnapshotMember",
    "StockAlert",
    "WishItem",
    "WishList",
    "Withdrawal",
]
