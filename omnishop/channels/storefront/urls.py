from django.http import HttpResponse
from django.urls import path

app_name = "storefront"


def _later(request, *args, **kwargs):
    return HttpResponse("")


urlpatterns = []
for name, route in {
    "home": "",
    "order": "commande/<str:token>/",
    "resume": "panier/reprendre/<str:link>/",
    "preferences": "preferences/<str:link>/",
    "sandbox": "paiement-test/<str:reference>/",
    "account": "mon-compte/",
}.items():
    urlpatterns.append(path(route, _later, name=name))
