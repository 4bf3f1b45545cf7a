"""Reports, for staff."""

from django.urls import path
from django.views.generic import RedirectView

from omnishop.reports import views

app_name = "reports"
urlpatterns = [
    path("", RedirectView.as_view(pattern_name="reports:sales"), name="index"),
    path("sales/", views.sales, name="sales"),
    path("sales/<slug:by>.csv", views.sales_csv, name="sales_csv"),
]
