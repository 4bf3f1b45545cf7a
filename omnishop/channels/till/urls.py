from django.http import HttpResponse
from django.urls import path

app_name = "till"


def _later(request, *args, **kwargs):
    return HttpResponse("")


urlpatterns = []
