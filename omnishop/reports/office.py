"""The back office's first page, its side bar and its search (UX R4, D4)."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse, translate_url
from django.utils import timezone
from django.utils.translation import gettext as _
from unfold.dataclasses import SearchResult

from catalog.admin.products import found_products
from catalog.models import Product
from customers.models import Message
from customers.selectors import find
from omnishop.kernel.templatetags.omnishop import money, number
from omnishop.reports import exports, selectors
from omnishop.reports.selectors import Question
from omnishop.reports.views import breakdown, orders_url, today
from orders.models import Order

FOUND_AT_MOST = 8


def _link(model: str, **query: Any) -> str:
    words = "&".join(f"{name}={value}" for name, value in query.items())
    return f"{reverse(f'admin:{model}_changelist')}{'?' if words else ''}{words}"


def _may(permission: str) -> Callable[[HttpRequest], bool]:
    return lambda request: request.user.has_perm(permission)


def _page(title: str, icon: str, model: str, **query: Any) -> dict[str, Any]:
    app, _underscore, name = model.rpartition("_")
    return {
        "title": title,
        "icon": icon,
        "link": _link(model, **query),
        "permission": _may(f"{app}.view_{name}"),
    }


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """The pages by job: sell, stock, people, catalogue, money, the house."""

    def everybody(_request: HttpRequest) -> bool:
        return True

    return [
        {
            "title": "",
            "items": [
                {"title": _("Exceptions"), "icon": "warning", "link": reverse("admin:exceptions")},
                {"title": _("Today"), "icon": "space_dashboard", "link": reverse("admin:index")},
                {
                    "title": _("Sales report"),
                    "icon": "bar_chart",
                    "link": reverse("reports:sales"),
                    "permission": everybody,
                },
                {
                    "title": _("Service desk"),
                    "icon": "support_agent",
                    "link": reverse("care:home"),
                    "permission": everybody,
                },
                {
                    "title": _("Segments"),
                    "icon": "groups",
                    "link": reverse("reports:segments"),
                    "permission": _may("orders.view_segment"),
                },
                {
                    "title": _("Does this store take part?"),
                    "icon": "help_center",
                    "link": reverse("care:participation"),
                    "permission": _may("orders.change_order"),
                },
            ],
        },
        {
            "title": _("Orders"),
            "separator": True,
            "items": [
                _page(_("Orders"), "receipt_long", "orders_order"),
                _page(_("Pick-ups and parcels"), "package_2", "orders_fulfilment"),
                _page(_("Shortages"), "production_quantity_limits", "orders_shortage"),
                _page(_("Returns"), "assignment_return", "orders_return"),
                _page(_("Withdrawals"), "contract_delete", "orders_withdrawal"),
                _page(_("Refund claims"), "currency_exchange", "orders_refundclaim"),
                _page(_("Baskets"), "shopping_basket", "orders_basket"),
                {
                    "title": _("What people wait for"),
                    "icon": "notifications_active",
                    "link": reverse("admin:orders_stockalert_demand"),
                    "permission": _may("orders.view_stockdemand"),
                },
                _page(_("Approvals at tills"), "approval_delegation", "orders_approval"),
            ],
        },
        {
            "title": _("People"),
            "separator": True,
            "items": [
                _page(_("Customers"), "group", "customers_customer"),
                _page(
                    _("Possible duplicates"),
                    "merge",
                    "customers_duplicatecandidate",
                    status__exact="open",
                ),
                _page(_("Merges"), "history", "customers_customermerge"),
                _page(_("Customer groups"), "groups", "customers_customergroup"),
                _page(_("Households"), "home", "customers_household"),
                _page(_("Companies"), "domain", "customers_company"),
                _page(_("Files of customers"), "upload_file", "customers_customerfile"),
            ],
        },
        {
            "title": _("Loyalty"),
            "separator": True,
            "items": [
                _page(_("Loyalty accounts"), "loyalty", "loyalty_account"),
                _page(_("Rewards"), "redeem", "loyalty_reward"),
                _page(_("Rewards of members"), "card_giftcard", "loyalty_rewardissue"),
                _page(
                    _("Corrections of points"),
                    "edit_note",
                    "loyalty_correction",
                    status__exact="waiting",
                ),
                _page(_("Gifts of points"), "volunteer_activism", "loyalty_pointsgift"),
                _page(_("Changes of tier"), "stairs", "loyalty_tierchange"),
            ],
        },
        {
            "title": _("Messages"),
            "separator": True,
            "items": [
                _page(_("Messages"), "mail", "customers_message"),
                _page(_("Campaigns"), "campaign", "orders_campaign"),
                _page(_("Messages of campaigns"), "notifications", "orders_relaunch"),
                _page(_("Rules for offers"), "do_not_disturb_on", "customers_contactrule"),
                _page(_("Stock alerts"), "notifications_active", "orders_stockalert"),
                _page(_("Wish lists"), "favorite", "orders_wishlist"),
                _page(_("Texts for answers"), "quick_phrases", "customers_replytemplate"),
                _page(_("Times to answer"), "timer", "customers_servicelevel"),
            ],
        },
        {
            "title": _("Privacy"),
            "separator": True,
            "items": [
                _page(_("Consents"), "how_to_reg", "customers_consentevent"),
                _page(_("Texts of consents"), "article", "customers_consenttext"),
                _page(_("Erasures"), "person_remove", "privacy_erasurerequest"),
                _page(_("Copies of people's data"), "file_download", "privacy_exportrequest"),
                _page(_("Ends of retentions"), "hourglass_bottom", "privacy_retentionnotice"),
                _page(_("Retention periods"), "timer", "privacy_retentionperiod"),
                _page(_("Archived invoices"), "lock", "privacy_archivedinvoice"),
                _page(_("Looks into the archive"), "visibility", "privacy_archivelook"),
            ],
        },
        {
            "title": _("Stock"),
            "separator": True,
            "items": [
                _page(_("Stock levels"), "inventory_2", "inventory_stocklevel"),
                _page(_("Movements"), "swap_vert", "inventory_stockmovement"),
                _page(_("Reservations"), "bookmark", "inventory_reservation"),
                _page(_("Transfers"), "sync_alt", "inventory_transfer"),
                _page(_("Counts"), "fact_check", "inventory_stockcount"),
                _page(_("Locations"), "warehouse", "inventory_stocklocation"),
                _page(
                    _("To reorder"), "add_shopping_cart", "inventory_proposal", status__exact="open"
                ),
                _page(_("Purchase orders"), "local_shipping", "inventory_purchaseorder"),
                _page(_("Suppliers"), "factory", "inventory_supplier"),
                _page(_("Suppliers' articles"), "contract", "inventory_supplierarticle"),
            ],
        },
        {
            "title": _("Catalogue"),
            "separator": True,
            "items": [
                _page(_("Products"), "hiking", "catalog_product"),
                _page(_("Articles"), "barcode", "catalog_variant"),
                _page(_("Categories"), "category", "catalog_category"),
                _page(_("Brands"), "sell", "catalog_brand"),
                _page(_("Attributes"), "tune", "catalog_attribute"),
                _page(_("Product types"), "schema", "catalog_producttype"),
                _page(_("Guides"), "menu_book", "catalog_guide"),
                _page(_("In-store codes"), "scale", "catalog_variablecode"),
                _page(_("Changes of the catalogue"), "history", "catalog_catalogchange"),
                _page(_("Prices"), "euro", "catalog_price"),
                _page(_("Price lists"), "list_alt", "catalog_pricelist"),
                _page(_("Price changes"), "price_change", "catalog_pricechange"),
                _page(_("Operations"), "campaign", "catalog_operation"),
                _page(_("Promotions"), "redeem", "catalog_promotion"),
                _page(_("Codes"), "confirmation_number", "catalog_coupon"),
                _page(_("Taxes"), "percent", "catalog_taxcategory"),
                _page(_("Searches"), "search", "catalog_searchlog"),
                _page(_("Synonyms"), "join", "catalog_synonym"),
                _page(_("Imports"), "upload_file", "catalog_importrun"),
                _page(_("Reviews"), "reviews", "catalog_review", status__exact="pending"),
                _page(_("Questions"), "help", "catalog_question", status__exact="pending"),
                _page(_("Answers"), "forum", "catalog_answer", status__exact="pending"),
            ],
        },
        {
            "title": _("Money"),
            "separator": True,
            "collapsible": True,
            "items": [
                _page(_("Payments"), "credit_card", "orders_payment"),
                _page(_("Refunds"), "undo", "orders_refund"),
                _page(_("Receipts"), "receipt", "orders_receipt"),
                _page(_("Points ledger"), "list", "loyalty_pointsentry"),
                _page(_("Points lots"), "layers", "loyalty_pointslot"),
            ],
        },
        {
            "title": _("House"),
            "separator": True,
            "collapsible": True,
            "items": [
                _page(_("Stores"), "storefront", "network_store"),
                _page(_("Tills"), "point_of_sale", "network_till"),
                _page(_("Legal entities"), "domain", "network_legalentity"),
                _page(_("Staff"), "badge", "network_staffmember"),
                _page(_("Logins"), "key", "network_user"),
                _page(_("Delivery methods"), "local_shipping", "orders_deliverymethod"),
                _page(_("Carriers"), "conveyor_belt", "orders_carrier"),
                _page(_("Loyalty programme"), "card_membership", "loyalty_programme"),
                _page(_("Tiers"), "stairs", "loyalty_tier"),
                _page(_("Earning rules"), "rule", "loyalty_earnrule"),
                _page(_("Limits of corrections"), "shield_person", "loyalty_correctionlimit"),
                _page(_("Schedule"), "schedule", "django_celery_beat_periodictask"),
                _page(_("Sales imports"), "history", "orders_salesimport"),
            ],
        },
    ]


def palette(request: HttpRequest, term: str) -> list[SearchResult]:
    """Orders, people and products for Ctrl+K, within the reader's stores; pages are found by
    the back office itself.
    """
    term = term.replace("\x00", "").strip()
    if len(term) < 2:
        return []
    user, results = request.user, []
    if user.has_perm("orders.view_order"):
        orders = Order.objects.visible_to(user).order_by("-pk")
        wanted = orders.filter(email=term.lower()) if "@" in term else orders.filter(
            number__in={term.upper(), f"O-{term.zfill(7)}"}
        )  # fmt: skip
        results += [
            SearchResult(
                title=order.number,
                description=f"{_('order')} · {order.get_status_display()} · "
                f"{money(order.total_minor, order.currency)}",
                link=reverse("admin:orders_order_change", args=[order.pk]),
                icon="receipt_long",
            )
            for order in wanted[:FOUND_AT_MOST]
        ]
    if user.has_perm("customers.view_customer"):
        results += [
            SearchResult(
                title=str(person),
                description=f"{_('customer')} · {person.number}",
                link=reverse("admin:customers_customer_change", args=[person.pk]),
                icon="person",
            )
            for person in find(term)[:FOUND_AT_MOST]
        ]
    if user.has_perm("catalog.view_product"):
        products = found_products(Product.objects.order_by("-popularity"), term)
        results += [
            SearchResult(
                title=product.name,
                description=f"{_('product')} · {product.get_status_display()}",
                link=reverse("admin:catalog_product_change", args=[product.pk]),
                icon="hiking",
            )
            for product in products[:FOUND_AT_MOST]
        ]
    return results


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What needs somebody, then today's sales by channel and store, of the reader's stores."""
    user, at = request.user, timezone.now()
    day = today()
    asked = Question(day, day, stores=selectors.stores_of(user))
    found = selectors.sales(asked)
    names = selectors.names_of([pk for report in found for pk in report.by_store])
    return context | {
        "title": _("Today"),
        "exceptions": _exceptions(request, at),
        "now": at,
        "reports": [
            {
                "total": money(report.total.gross_minor, report.total.currency),
                "orders": number(report.total.orders),
                "url": orders_url(asked),
                "tables": [
                    (
                        title,
                        [
                            (
                                name,
                                url,
                                number(figures.orders),
                                money(figures.gross_minor, figures.currency),
                            )
                            for name, url, figures in breakdown(report, by, asked, names)
                        ],
                    )
                    for title, by in ((_("By channel"), "channel"), (_("By store"), "store"))
                ],
            }
            for report in found
        ],
    }


def account(request: HttpRequest) -> list[dict[str, str]]:
    """This page in the other language, the shop, and the reader's own second factor."""
    french = exports.french()
    return [
        {
            "title": "English" if french else "Français",
            "link": translate_url(request.get_full_path(), "en" if french else "fr"),
        },
        {"title": _("Second factor"), "link": reverse("mfa_index")},
    ]


def favicon(_request: HttpRequest) -> str:
    """Where the site's icon lies."""
    return static("favicon.svg")


def style(_request: HttpRequest) -> str:
    """Our own rules for the back office: what its look lacks in contrast and size."""
    return static("build/office.css")


def script(_request: HttpRequest) -> str:
    """Names and landmarks that the package's pages lack."""
    return static("build/office.js")


def _exceptions(request: HttpRequest, at: Any) -> list[dict[str, Any]]:
    """Each with how many there are, what it means and where they are; those at zero too."""
    user: Any = request.user
    listed: list[tuple[str, str, str, Callable[[], int], str]] = [
        (
            "orders.view_fulfilment",
            _("Late picks"),
            _("Promised time is over and the goods are not ready."),
            lambda: selectors.late_picks(user, at).count(),
            _link("orders_fulfilment", status__exact="waiting", kind__exact="pickup"),
        ),
        (
            "orders.view_shortage",
            _("Open shortages"),
            _("The customer is asked what becomes of missing goods."),
            lambda: selectors.shortages(user).count(),
            _link("orders_shortage", status__exact="open"),
        ),
        (
            "inventory.view_stockmovement",
            _("Count gaps, 7 days"),
            _("Units were sold that the book did not have: count these shelves."),
            lambda: selectors.count_gaps(user, at).count(),
            _link("inventory_stockmovement", kind__exact="count_gap"),
        ),
        (
            "orders.view_refund",
            _("Refunds due"),
            _("Decided, not yet with the payment provider."),
            lambda: selectors.refunds_due(user).count(),
            _link("orders_refund", status__exact="due"),
        ),
        (
            "orders.view_payment",
            _("Payments pending"),
            _("Outcome unknown for more than five minutes."),
            lambda: selectors.stuck_payments(user, at).count(),
            _link("orders_payment", status__exact="pending"),
        ),
        (
            "customers.view_message",
            _("Messages failed"),
            _("Could not be sent after several tries."),
            lambda: Message.objects.filter(status=Message.Status.FAILED).count(),
            _link("customers_message", status__exact="failed"),
        ),
        (
            "customers.view_message",
            _("Messages not sent"),
            _("Held back when due, for lack of consent for example."),
            lambda: Message.objects.filter(status=Message.Status.WITHHELD).count(),
            _link("customers_message", status__exact="withheld"),
        ),
    ]
    found = [
        {"title": title, "help": text, "count": count(), "url": url}
        for permission, title, text, count, url in listed
        if user.has_perm(permission)
    ]
    return sorted(found, key=lambda row: row["count"] == 0)
