"""What promotions are made of, and to whom, where and when they are open; plain values."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum


class Why(StrEnum):
    """Why a promotion gives nothing."""

    NOT_YET = "not_yet"
    OVER = "over"
    CHANNEL = "channel"
    STORE = "store"
    SIGN_IN = "sign_in"
    GROUP = "group"
    TIER = "tier"
    MEMBERS = "members"
    FIRST_ORDER = "first_order"
    CODE = "code"
    CODE_UNKNOWN = "code_unknown"
    CODE_EARLY = "code_early"
    CODE_EXPIRED = "code_expired"
    CODE_USED_UP = "code_used_up"
    CODE_USED = "code_used"
    CODE_OF_OTHER = "code_of_other"
    NO_ARTICLE = "no_article"
    UNITS = "units"
    AMOUNT = "amount"
    GIFT = "gift"
    NO_DELIVERY = "no_delivery"
    DELIVERY_FREE = "delivery_free"
    BETTER = "better"
    NOTHING_LEFT = "nothing_left"


class Level(IntEnum):
    ARTICLES = 1
    BASKET = 2
    DELIVERY = 3


@dataclass(frozen=True, slots=True)
class Offer:
    """A promotion within its operation's days, channels and stores. Empty sets mean all."""

    id: int
    kind: str  # of `Promotion.Kind`
    names: Mapping[str, str]  # by language
    starts_at: datetime
    ends_at: datetime
    channels: frozenset[str] = frozenset()
    stores: frozenset[int] = frozenset()
    percent_bp: int = 0
    amount_minor: int = 0
    buy_units: int = 0
    get_units: int = 0
    tiers: tuple[tuple[int, int], ...] = ()  # from so many units, or so much: basis points
    by_amount: bool = False
    gift_id: int | None = None
    claim_days: int = 0
    products: frozenset[int] = frozenset()
    categories: tuple[str, ...] = ()  # paths of the tree
    brands: frozenset[int] = frozenset()
    except_cut: bool = False
    min_units: int = 0
    min_minor: int = 0
    groups: frozenset[str] = frozenset()
    loyalty_tiers: frozenset[str] = frozenset()
    members: bool = False
    first_order: bool = False
    by_coupon: bool = False
    stacking_group: str = ""
    exclusive: bool = False
    priority: int = 100
    operation: str = ""  # its code

    @property
    def chosen(self) -> bool:
        """Whether it is about some articles only."""
        return bool(self.products or self.categories or self.brands)

    @property
    def level(self) -> int:
        if self.kind == "free_delivery":
            return Level.DELIVERY
        if self.kind in ("percent", "amount", "tiered", "refund") and not self.chosen:
            return Level.BASKET
        return Level.ARTICLES


@dataclass(frozen=True, slots=True)
class BundleSet:
    """A set: units of articles that together cost what the set costs."""

    variant_id: int
    names: Mapping[str, str]
    items: tuple[tuple[int, int], ...]  # article, units


@dataclass(frozen=True, slots=True)
class CodeState:
    """A code as its typer may use it: of which promotion, or why not."""

    code: str
    promotion_id: int | None = None
    coupon_id: int | None = None
    refused: Why | None = None


@dataclass(frozen=True, slots=True)
class Shopper:
    """What promotions ask about a person; nobody known when `number` is empty."""

    number: str = ""
    groups: frozenset[str] = frozenset()
    tier: str = ""
    member: bool = False
    ordered: bool = False
    codes: tuple[CodeState, ...] = ()


@dataclass(frozen=True, slots=True)
class Context:
    """When, where and for whom something is priced."""

    at: datetime
    channel: str = "web"
    store_id: int | None = None
    shopper: Shopper = field(default_factory=Shopper)


@dataclass(slots=True)
class Line:
    """A line while discounts are taken off it."""

    variant_id: int
    product_id: int
    brand_id: int | None
    category_path: str
    quantity: int
    unit_minor: int
    floor: int  # what no discount touches
    left: int  # what is still to pay
    cut: bool = False
    sent: bool = True  # brought by the delivery, if there is one
    groups: set[str] = field(default_factory=set)  # stacking groups that gave something
    touched: bool = False
    closed: bool = False  # an exclusive promotion has it
    packed: bool = False  # labelled by a scale: no part of a set, no gift

    @property
    def room(self) -> int:
        """How much may still be taken off."""
        return max(0, self.left - self.floor)


@dataclass(frozen=True, slots=True)
class Applied:
    """What one promotion, or one set, gives."""

    names: Mapping[str, str]
    amount_minor: int
    shares: tuple[tuple[int, int], ...] = ()  # line index, amount; nothing for a delivery
    promotion_id: int | None = None
    coupon_id: int | None = None
    code: str = ""
    deferred: bool = False  # paid back afterwards, not taken off
    claim_days: int = 0


@dataclass(frozen=True, slots=True)
class Missed:
    """A promotion that gives nothing here, and why; `lacking` in units or minor units."""

    names: Mapping[str, str]
    why: Why
    promotion_id: int | None = None
    lacking: int = 0
    code: str = ""
    gift_id: int | None = None


def outside(offer: Offer, context: Context) -> Why | None:
    """Why an offer is not for this day, place or person, whatever is in the basket; None if it is.

    Customer service asks the same: does my shop take part? (UX V3)
    """
    who = context.shopper
    if context.at < offer.starts_at:
        return Why.NOT_YET
    if context.at >= offer.ends_at:
        return Why.OVER
    if offer.channels and context.channel not in offer.channels:
        return Why.CHANNEL
    if offer.stores and context.store_id is None and not offer.channels:
        return Why.CHANNEL  # an offer of some shops is not the site's unless it says so
    if offer.stores and context.store_id and context.store_id not in offer.stores:
        return Why.STORE
    personal = offer.groups or offer.loyalty_tiers or offer.members or offer.first_order
    if personal and not who.number:
        return Why.SIGN_IN
    if offer.groups and not offer.groups & who.groups:
        return Why.GROUP
    if offer.members and not who.member:
        return Why.MEMBERS
    if offer.loyalty_tiers and who.tier not in offer.loyalty_tiers:
        return Why.TIER
    if offer.first_order and who.ordered:
        return Why.FIRST_ORDER
    if offer.by_coupon and not any(code.promotion_id == offer.id for code in who.codes):
        return Why.CODE
    return next(
        (code.refused for code in who.codes if code.promotion_id == offer.id and code.refused), None
    )


def chosen(
    *,
    products: Collection[int],
    brands: Collection[int],
    categories: Collection[str],
    product_id: int,
    brand_id: int | None,
    category_path: str,
) -> bool:
    """Whether an article is among the products, brands or shelves that a promotion is about."""
    return (
        product_id in products
        or brand_id in brands
        or any(category_path.startswith(path) for path in categories)
    )


def eligible(offer: Offer, lines: Sequence[Line]) -> list[int]:
    """Indexes of the lines that an offer is about."""
    return [
        i
        for i, line in enumerate(lines)
        if not (offer.except_cut and line.cut)
        and (
            not offer.chosen
            or chosen(
                products=offer.products,
                brands=offer.brands,
                categories=offer.categories,
                product_id=line.product_id,
                brand_id=line.brand_id,
                category_path=line.category_path,
            )
        )
    ]
