"""The conditions of segments: what each is called, what it takes, and how it is asked in SQL.

Sales are those of `orders.purchases`; scores and the expected next purchase are last night's
(`CustomerValue`), everything else is as it is now.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils.dates import MONTHS
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.models.consent import Channel as Answered
from customers.models.consent import Purpose
from customers.services.consents import EVERYBODYS, OF_QUESTION, STANDING
from orders.models.order import Channel
from orders.segments.fields import (
    AGO,
    AGO_DAYS,
    OP,
    WINDOW,
    Choice,
    Codes,
    Field,
    Number,
    Values,
    check,
    yes_no,
)
from orders.segments.regions import REGIONS
from orders.segments.statement import PERSON, Part, Statement

Ask = Callable[[Statement, Values], Part]
LANGUAGES = tuple((code, name) for code, name in settings.LANGUAGES)
SCORES = tuple((str(score), str(score)) for score in range(1, 6))
THIS_MONTH = "0"
MONTH_CHOICES = (
    (THIS_MONTH, _("this month")),
    *((str(number), name) for number, name in MONTHS.items()),
)
ANY_CHANNEL = Choice(
    "channel", (("", _("in any channel")), *Channel.choices), optional=True, words=""
)
VISIT_CHANNEL = Choice(
    "channel",
    (("", _("in any channel")), *((one.value, one.label) for one in (Channel.WEB, Channel.TILL))),
    optional=True,
)
REGION_CHOICES = tuple((code, name) for code, (name, _prefixes) in REGIONS.items())
MOST_MINOR = 10**10


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of condition."""

    name: str
    family: str  # "person", "behaviour", "value"
    label: Any
    fields: tuple[Field, ...]
    ask: Ask

    def read(self, data: Mapping[str, object]) -> Values:
        """Checked values. Raises ValueError with words."""
        return check(self.fields, data)


FAMILIES = {"person": _("Person"), "behaviour": _("Behaviour"), "value": _("Value")}
KINDS: dict[str, Kind] = {}


def _kind(name: str, family: str, label: Any, *fields: Field) -> Callable[[Ask], Ask]:
    def add(ask: Ask) -> Ask:
        KINDS[name] = Kind(name, family, label, fields, ask)
        return ask

    return add


def _figure(sql: str, values: Values, name: str = "count") -> Part:
    """A figure held against the condition's own, with at least or at the most."""
    sign = ">=" if values["op"] == "at_least" else "<="
    return Part(f"coalesce({sql}, 0) {sign} %s", (values[name],))


def _ago(sql: str, values: Values, to: Statement) -> Part:
    """A day in the last so many days, today being the first of them, or longer ago."""
    sign = ">" if values["op"] == "within" else "<="
    since = to.today - timedelta(days=values["days"])
    return Part(f"coalesce({sql} {sign} %s, false)", (since,))


def _day(sql: str) -> str:
    """The day of an instant, at head office."""
    return f"({sql} AT TIME ZONE '{settings.TIME_ZONE}')::date"


def _span(values: Values, to: Statement, *more: str) -> tuple[str, tuple[Any, ...]]:
    """FILTER of sales by channel and time."""
    parts = ["s.kept", *more]
    parameters: list[Any] = []
    if values.get("channel"):
        parts.append("s.channel = %s")
        parameters.append(values["channel"])
    if values.get("days"):
        parts.append("s.sold_on > %s")
        parameters.append(to.today - timedelta(days=values["days"]))
    return f"FILTER (WHERE {' AND '.join(parts)})", tuple(parameters)


def _last_order(to: Statement, values: Values) -> str:
    span, parameters = _span({"channel": values.get("channel")}, to)
    return to.bought(f"max(s.sold_on) {span}", *parameters)


def _last_visit(to: Statement, values: Values) -> str:
    channel = values.get("channel")
    alias = to.joined(
        f"SELECT {PERSON} AS person, max(y.day) AS day FROM customers_visit y"  # noqa: S608  ours
        " JOIN customers_customer r ON r.id = y.customer_id"
        + (" WHERE y.channel = %s" if channel else "")
        + " GROUP BY 1",
        *([channel] if channel else []),
    )
    return f"{alias}.day"


# --- The person ----------------------------------------------------------------------------------


@_kind("language", "person", _("Language"), Codes("in", choices=LANGUAGES))
def _language(_to: Statement, values: Values) -> Part:
    return Part("p.language = ANY(%s)", (values["in"],))


@_kind("home_store", "person", _("Home store"), Codes("in", source="stores"))
def _home_store(to: Statement, values: Values) -> Part:
    alias = to.joined("SELECT p.id AS person, t.code FROM customers_customer p"
                      " JOIN network_store t ON t.id = p.home_store_id")  # fmt: skip
    return Part(f"coalesce({alias}.code = ANY(%s), false)", (values["in"],))


@_kind("region", "person", _("Region"), Codes("in", choices=REGION_CHOICES))
def _region(_to: Statement, values: Values) -> Part:
    return _begins([prefix for code in values["in"] for prefix in REGIONS[code][1]])


@_kind("postcode", "person", _("Postcode begins with"), Codes("in", source="text"))
def _postcode(_to: Statement, values: Values) -> Part:
    return _begins(values["in"])


def _begins(prefixes: list[str]) -> Part:
    # A prefix is text, not a pattern: no character of it stands for others.
    return Part(
        "EXISTS (SELECT FROM unnest(%s::text[]) x WHERE starts_with(p.postcode, x))", (prefixes,)
    )


@_kind("group", "person", _("Customer group"), Codes("in", source="groups"))
def _group(to: Statement, values: Values) -> Part:
    return to.found(
        "SELECT DISTINCT m.customer_id AS person FROM customers_customer_groups m"
        " JOIN customers_customergroup g ON g.id = m.customergroup_id WHERE g.code = ANY(%s)",
        values["in"],
    )


@_kind("company", "person", _("Company"), yes_no(_("buys for one"), _("buys for none")))
def _company(_to: Statement, values: Values) -> Part:
    return Part(f"p.company_id IS {'NOT ' if values['op'] == 'yes' else ''}NULL")


@_kind("birthday", "person", _("Month of birth"), Codes("in", choices=MONTH_CHOICES))
def _birthday(to: Statement, values: Values) -> Part:
    months = sorted({to.today.month if one == THIS_MONTH else int(one) for one in values["in"]})
    return Part("coalesce(extract(month FROM p.birth_date)::int = ANY(%s), false)", (months,))


@_kind("known", "person", _("Known since"), AGO, AGO_DAYS)
def _known(to: Statement, values: Values) -> Part:
    return _ago(_day("p.created_at"), values, to)


_ACCOUNTS = (
    f"SELECT {PERSON} AS person, {_day('min(a.joined_at)')} AS joined, sum(a.balance) AS points"  # noqa: S608  ours
    " FROM loyalty_account a JOIN customers_customer r ON r.id = a.customer_id GROUP BY 1"
)


@_kind("member", "person", _("Loyalty card"), yes_no(_("has one"), _("has none")))
def _member(to: Statement, values: Values) -> Part:
    return Part(f"{to.joined(_ACCOUNTS)}.person IS {'NOT ' if values['op'] == 'yes' else ''}NULL")


@_kind("member_since", "person", _("Member since"), AGO, AGO_DAYS)
def _member_since(to: Statement, values: Values) -> Part:
    return _ago(f"{to.joined(_ACCOUNTS)}.joined", values, to)


@_kind("tier", "person", _("Tier"), Codes("in", source="tiers"))
def _tier(to: Statement, values: Values) -> Part:
    # Of the account that a person earns on: the live record's, else the oldest.
    alias = to.joined(
        f"SELECT DISTINCT ON ({PERSON}) {PERSON} AS person, t.code"  # noqa: S608  ours
        " FROM loyalty_account a"
        " JOIN customers_customer r ON r.id = a.customer_id"
        " LEFT JOIN loyalty_tier t ON t.id = a.tier_id"
        f" ORDER BY {PERSON}, r.merged_into_id IS NOT NULL, a.joined_at, a.id"
    )
    return Part(f"coalesce({alias}.code = ANY(%s), false)", (values["in"],))


@_kind("points", "person", _("Points balance"), OP, Number("count", high=10**8))
def _points(to: Statement, values: Values) -> Part:
    return _figure(f"{to.joined(_ACCOUNTS)}.points", values)


MARKETING = tuple(
    (code, Answered(code).label)
    for code in (Answered.EMAIL, Answered.SMS, Answered.PUSH, Answered.PHONE)
)


@_kind("consent", "person", _("Agreed to offers by"), Choice("channel", MARKETING))
def _consent(to: Statement, values: Values) -> Part:
    return consents(to, values["channel"])


@_kind("profiling", "person", _("Personalised recommendations"),
       yes_no(_("agreed to them"), _("did not agree to them")))  # fmt: skip
def _profiling(to: Statement, values: Values) -> Part:
    agreed = consents(to, Answered.ALL, Purpose.PROFILING)
    return agreed if values["op"] == "yes" else Part(f"NOT ({agreed.sql})")


def consents(to: Statement, channel: str, purpose: str = Purpose.MARKETING) -> Part:
    """Whether yes stands for a question, as `customers.services.consents` has it."""
    sql = STANDING.format(what="a.person", records=EVERYBODYS, only=OF_QUESTION)
    return to.found(sql, to.at, str(purpose), str(channel))


# --- What they do --------------------------------------------------------------------------------


@_kind("last_order", "behaviour", _("Last purchase"), AGO, AGO_DAYS, ANY_CHANNEL)
def _ordered(to: Statement, values: Values) -> Part:
    return _ago(_last_order(to, values), values, to)


@_kind("last_visit", "behaviour", _("Last visit, signed in or recognised"),
       AGO, AGO_DAYS, VISIT_CHANNEL)  # fmt: skip
def _visited(to: Statement, values: Values) -> Part:
    return _ago(_last_visit(to, values), values, to)


@_kind("last_seen", "behaviour", _("Last purchase or visit"), AGO, AGO_DAYS, VISIT_CHANNEL)
def _seen(to: Statement, values: Values) -> Part:
    return _ago(f"greatest({_last_order(to, values)}, {_last_visit(to, values)})", values, to)


@_kind("first_order", "behaviour", _("First purchase"), AGO, AGO_DAYS)
def _first_order(to: Statement, values: Values) -> Part:
    return _ago(to.bought("min(s.sold_on) FILTER (WHERE s.kept)"), values, to)


@_kind("never_bought", "behaviour", _("Never bought anything"))
def _never(to: Statement, _values: Values) -> Part:
    return Part(f"coalesce({to.bought('count(*) FILTER (WHERE s.kept)')}, 0) = 0")


@_kind("orders", "behaviour", _("Number of purchases"), OP, Number("count", high=10**6), WINDOW,
       ANY_CHANNEL)  # fmt: skip
def _orders(to: Statement, values: Values) -> Part:
    span, parameters = _span(values, to)
    return _figure(to.bought(f"count(*) {span}", *parameters), values)


@_kind("channels", "behaviour", _("Bought in"), Codes("in", choices=tuple(Channel.choices)), WINDOW)
def _channels(to: Statement, values: Values) -> Part:
    span, parameters = _span({"days": values.get("days")}, to, "s.channel = ANY(%s)")
    sales = to.bought(f"count(*) {span}", values["in"], *parameters)
    return Part(f"coalesce({sales}, 0) > 0")


def _articles(to: Statement, values: Values, join: str, test: str) -> Part:
    days = values.get("days")
    sql = (
        f"SELECT DISTINCT {PERSON} AS person FROM orders_orderline l"  # noqa: S608  ours
        " JOIN orders_order o ON o.id = l.order_id AND o.sold_on IS NOT NULL"
        " AND o.status IN ('placed', 'fulfilled')"
        " JOIN customers_customer r ON r.id = o.customer_id"
        " JOIN catalog_variant w ON w.id = l.variant_id"
        f" JOIN catalog_product d ON d.id = w.product_id{join}"
        f" WHERE l.quantity > l.cancelled + l.returned AND {test}"
    )
    if not days:
        return to.found(sql, values["in"])
    since = to.today - timedelta(days=days)
    return to.found(f"{sql} AND o.sold_on > %s", values["in"], since)


@_kind("category", "behaviour", _("Bought from the category"), Codes("in", source="categories"),
       WINDOW)  # fmt: skip
def _category(to: Statement, values: Values) -> Part:
    # The product's shelf, or one above it (a node's path begins with its parent's).
    return _articles(
        to, values, " JOIN catalog_category k ON k.id = d.category_id",
        "EXISTS (SELECT FROM catalog_category up WHERE up.slug = ANY(%s)"
        " AND starts_with(k.path, up.path))",
    )  # fmt: skip


@_kind("brand", "behaviour", _("Bought the brand"), Codes("in", source="brands"), WINDOW)
def _brand(to: Statement, values: Values) -> Part:
    return _articles(
        to, values, " JOIN catalog_brand k ON k.id = d.brand_id", "k.slug = ANY(%s)"
    )  # fmt: skip


@_kind("product", "behaviour", _("Bought the article (SKU)"), Codes("in", source="text"), WINDOW)
def _product(to: Statement, values: Values) -> Part:
    return _articles(
        to, values, "",
        "w.product_id IN (SELECT product_id FROM catalog_variant WHERE sku = ANY(%s))",
    )  # fmt: skip


_DISCOUNTED = (
    f"SELECT DISTINCT {PERSON} AS person FROM orders_orderdiscount n"  # noqa: S608  ours
    " JOIN orders_order o ON o.id = n.order_id AND o.sold_on IS NOT NULL"
    " AND o.status IN ('placed', 'fulfilled')"
    " JOIN customers_customer r ON r.id = o.customer_id"
)


@_kind("operation", "behaviour", _("Used an offer of the operation"),
       Codes("in", source="operations"))  # fmt: skip
def _operation(to: Statement, values: Values) -> Part:
    return to.found(
        _DISCOUNTED + " JOIN catalog_promotion m ON m.id = n.promotion_id"
        " JOIN catalog_operation x ON x.id = m.operation_id WHERE x.code = ANY(%s)",
        values["in"],
    )


@_kind("coupon", "behaviour", _("Used the code"), Codes("in", source="text"))
def _coupon(to: Statement, values: Values) -> Part:
    return to.found(
        _DISCOUNTED + " JOIN catalog_coupon m ON m.id = n.coupon_id WHERE upper(m.code) = ANY(%s)",
        [code.upper() for code in values["in"]],
    )


@_kind("basket", "behaviour", _("Basket left open, last changed"), AGO, AGO_DAYS)
def _basket(to: Statement, values: Values) -> Part:
    alias = to.joined(
        f"SELECT {PERSON} AS person, {_day('max(k.changed_at)')} AS day FROM orders_basket k"  # noqa: S608  ours
        " JOIN customers_customer r ON r.id = k.customer_id"
        " WHERE k.status = 'open' AND k.till_id IS NULL"
        " AND EXISTS (SELECT FROM orders_basketline l WHERE l.basket_id = k.id) GROUP BY 1"
    )
    return _ago(f"{alias}.day", values, to)


# --- What they are worth -------------------------------------------------------------------------


@_kind("amount", "value", _("Amount of purchases"), OP,
       Number("amount", high=MOST_MINOR, money=True), WINDOW, ANY_CHANNEL)  # fmt: skip
def _amount(to: Statement, values: Values) -> Part:
    span, parameters = _span(values, to, "s.currency = %s")
    sums = to.bought(f"sum(s.net) {span}", settings.CURRENCY, *parameters)
    return _figure(sums, values, "amount")


def _score(name: str, label: Any) -> None:
    @_kind(f"rfm_{name}", "value", label, Codes("in", choices=SCORES))
    def _ask(_to: Statement, values: Values) -> Part:
        scores = [int(score) for score in values["in"]]
        return Part(f"coalesce(v.{name} = ANY(%s), false)", (scores,))


_score("r", _("Score: recency (5 the latest)"))
_score("f", _("Score: frequency (5 the most often)"))
_score("m", _("Score: amount (5 the most)"))


@_kind("expected_next", "value", _("Next purchase expected"),
       Choice("op", (("due", _("in the next")), ("overdue", _("overdue by more than")))),
       Number("days", low=0, unit=_("days")))  # fmt: skip
def _expected(to: Statement, values: Values) -> Part:
    if values["op"] == "due":
        until = to.today + timedelta(days=values["days"])
        return Part("coalesce(v.expected_on BETWEEN %s AND %s, false)", (to.today, until))
    before = to.today - timedelta(days=values["days"])
    return Part("coalesce(v.expected_on < %s, false)", (before,))


@_kind("returned", "value", pgettext_lazy("segment", "Share given back"), OP,
       Number("percent", high=100, unit="%"))  # fmt: skip
def _returned(to: Statement, values: Values) -> Part:
    sold = to.bought("sum(s.total) FILTER (WHERE s.currency = %s)", settings.CURRENCY)
    back = to.bought("sum(s.returned) FILTER (WHERE s.currency = %s)", settings.CURRENCY)
    sign = ">=" if values["op"] == "at_least" else "<="
    return Part(
        f"coalesce({sold} > 0 AND {back} * 100 {sign} {sold} * %s, false)", (values["percent"],)
    )
