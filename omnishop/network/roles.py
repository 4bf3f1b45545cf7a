"""What each role may do in the back office. Which rows of it is a matter of scope, not of role."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.apps import AppConfig
from django.apps import apps as all_apps
from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import DEFAULT_DB_ALIAS

from omnishop.network.models.staff import StaffMember

Role = StaffMember.Role
GROUPS: dict[str, str] = {
    Role.ASSOCIATE: "Vendeur",
    Role.STORE_MANAGER: "Responsable de magasin",
    Role.SERVICE: "Service client",
    Role.HEAD_OFFICE: "Siège",
}
# App → models that all staff read. Head office may do everything there is to do in these apps.
READ: Mapping[str, Sequence[str]] = {
    "network": ("legalentity", "store", "till"),
    "customers": ("customer", "customergroup", "identity", "household", "company"),
    "catalog": (
        *("brand", "category", "attribute", "attributevalue", "picture", "price", "pricelist"),
        *("product", "taxcategory", "variant", "vatrate", "producttype", "productattribute"),
        *("video", "document", "guide", "relatedproduct", "assortment", "bundleitem"),
        *("variablecode", "variablearticle", "catalogchange"),
        *("searchlog", "synonym", "operation", "promotion"),
        *("answer", "question", "recommendation", "review"),
    ),
    "inventory": (
        *("stocklocation", "storelocation", "stocklevel", "stockmovement", "reservation"),
        *("transfer", "transferline", "stockcount", "countline", "supplier", "supplierarticle"),
        *("purchaseorder", "purchaseorderline", "proposal"),
    ),
    "loyalty": (
        *("programme", "tier", "earnrule", "reward", "account", "pointslot", "pointsentry"),
        *("tierchange", "rewardissue", "pointsgift", "correction", "correctionlimit"),
    ),
    "orders": (
        *("basket", "basketline", "carrier", "deliverymethod", "fulfilment", "fulfilmentline"),
        *("order", "orderevent", "orderline", "payment", "receipt", "refund", "return"),
        *("returnline", "shortage", "orderdiscount", "discountshare", "refundclaim", "stockdemand"),
    ),
    "privacy": (),
    "django_celery_beat": (),
}
# What a role may do beyond reading; head office is not named, it may do all.
MORE: Mapping[str, Mapping[str, Sequence[str]]] = {
    Role.ASSOCIATE: {
        # They count and receive; full counts, differences and buying are for managers.
        "inventory": (
            *("change_transfer", "add_transfer", "change_stockcount", "add_stockcount"),
            "receive_purchaseorder",
        ),
        "orders": ("change_fulfilment",),
    },
    Role.STORE_MANAGER: {
        "network": ("view_staffmember",),
        "customers": (
            *("change_customer", "view_message", "view_consentevent"),
            *("view_replytemplate", "view_servicelevel"),
        ),
        "catalog": ("view_coupon", "view_couponuse", "view_pricechange"),
        "inventory": (
            *("change_stocklevel", "change_transfer", "add_transfer"),
            *("change_stockcount", "add_stockcount", "change_purchaseorder", "add_purchaseorder"),
            *("receive_purchaseorder", "change_proposal"),
        ),
        "loyalty": ("change_account",),
        "orders": (
            *("change_fulfilment", "change_order", "view_relaunch", "view_withdrawal"),
            *("view_approval", "view_stockalert"),
        ),
    },
    Role.SERVICE: {
        "customers": (
            *("add_customer", "change_customer", "view_message", "view_consentevent"),
            *("change_message", "add_household", "change_household", "add_company"),
            *("change_company", "view_duplicatecandidate", "add_duplicatecandidate"),
            *("change_duplicatecandidate", "view_customermerge", "change_customermerge"),
            *("view_replytemplate", "add_replytemplate", "change_replytemplate"),
            "view_servicelevel",
        ),
        "catalog": (
            *("change_answer", "change_question", "change_review"),
            *("view_coupon", "view_couponuse", "view_pricechange"),
        ),
        "loyalty": ("change_account",),
        "privacy": (
            *("view_erasurerequest", "add_erasurerequest", "view_exportrequest"),
            *("add_exportrequest", "view_retentionnotice"),
        ),
        "orders": (
            *("change_fulfilment", "change_order", "view_relaunch", "view_withdrawal"),
            *("view_paymentevent", "change_refundclaim", "view_stockalert"),
            *("view_wishlist", "view_wishitem"),
        ),
    },
}


def grant(
    sender: AppConfig, *, using: str = DEFAULT_DB_ALIAS, apps: Apps = all_apps, **_kwargs: Any
) -> None:
    """Give the roles' groups their permissions on an app that was just migrated.

    Runs after every migrate, so that new models are covered; groups of one's own are left alone.
    """
    if sender.label not in READ:
        return
    try:
        group_model: Any = apps.get_model("auth", "Group")
        permission_model: Any = apps.get_model("auth", "Permission")
    except LookupError:  # an early, partial migration
        return
    create_permissions(sender, verbosity=0, using=using, apps=apps)
    permissions = {
        permission.codename: permission
        for permission in permission_model.objects.using(using).filter(
            content_type__app_label=sender.label
        )
    }
    for role, name in GROUPS.items():
        group, _created = group_model.objects.using(using).get_or_create(name=name)
        if role == Role.HEAD_OFFICE:
            group.permissions.add(*permissions.values())
            continue
        wanted = [f"view_{model}" for model in READ[sender.label]]
        wanted += MORE.get(role, {}).get(sender.label, ())
        group.permissions.add(*(permissions[code] for code in wanted if code in permissions))
