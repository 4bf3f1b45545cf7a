"""Which till this is, and whether its scanner is understood (UX T2)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from omnishop.channels.till.access import SESSION_KEY, Desk, at_till, staff_only
from omnishop.channels.till.answer import show
from omnishop.kernel.barcode import bars
from omnishop.network.models import Store, Till

TEST_CODE = "2013456789007"  # every digit, in the in-store range


@staff_only
def choose(request: HttpRequest) -> HttpResponse:
    """Choose store and till once; the session keeps them."""
    tills = Till.objects.filter(
        active=True, store__in=Store.objects.visible_to(request.user)
    ).select_related("store")
    if request.method == "POST":
        chosen = request.POST.get("till", "")
        known = chosen.isdecimal() and len(chosen) < 12
        till = get_object_or_404(tills, pk=int(chosen) if known else 0)
        request.session[SESSION_KEY] = till.pk
        return redirect("till:sale")
    return render(
        request,
        "till/choose.html",
        {
            "tills": tills.order_by("store__name", "number"),
            "current": request.session.get(SESSION_KEY),
            "associate": str(request.user),
        },
    )


@require_safe
@at_till
def setup(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The scanner's test page and the list of keys."""
    return show(
        request, desk, "setup", {"test_code": TEST_CODE, "bars": bars(TEST_CODE)}, section="setup"
    )
