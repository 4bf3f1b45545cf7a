from django.http import HttpResponse

app_name = "till"


def _later(request, *args, **kwargs):
    return HttpResponse("")


urlpatterns = []
