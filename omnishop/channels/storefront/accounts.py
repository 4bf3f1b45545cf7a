"""Sign-in: the login becomes a person, and a guest's basket goes with them."""

from datetime import datetime
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.account.signals import email_confirmed
from django.contrib import messages
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from customers.models import Customer
from customers.services.identities import customer_of_login
from customers.services.visits import record_visit
from omnishop.channels.storefront.context import Shopper
from omnishop.network.models import User
from orders.aside import waiting
from orders.services import guests, merging


class AccountAdapter(DefaultAccountAdapter):
    """Our place in allauth; its own behaviour is what we want so far."""


def here_today(request: HttpRequest, customer: Customer, *, at: datetime) -> None:
    """Write down that a person was on the site, once a day for each session."""
    day = timezone.localdate(at)
    if request.session.get("seen_on") == day.isoformat():
        return
    record_visit(customer_id=customer.pk, channel="web", day=day, at=at)
    request.session["seen_on"] = day.isoformat()


@receiver(email_confirmed)
def link_person(sender: Any, email_address: EmailAddress, **kwargs: Any) -> None:
    """An address was proved: what is known under it is the person's, never before (FIELD 42)."""
    if not email_address.user.is_staff:
        guests.welcome(user=email_address.user, email=email_address.email, at=timezone.now())


@receiver(user_logged_in)
def adopt_basket(
    sender: type[User], request: HttpRequest | None, user: User, **kwargs: Any
) -> None:
    """Keep a guest's basket through sign-in. Staff who sign in do not become customers."""
    if request is None or user.is_staff:
        return
    at = timezone.now()
    verified = EmailAddress.objects.filter(
        user=user, email__iexact=user.email, verified=True
    ).exists()
    if verified:
        customer = guests.welcome(user=user, email=user.email, at=at)
    else:
        customer = customer_of_login(user=user, email_verified=False, at=at)
    here_today(request, customer, at=at)
    shopper = Shopper(request)
    shopper.__dict__["customer"] = None  # the basket of the cookie, not the person's
    if shopper.basket:
        merging.adopt(guest=shopper.basket, customer=customer, at=at)
        if waiting(customer):
            words = _("Your earlier basket holds articles too. Choose in your basket what to keep.")
            messages.info(request, words)
