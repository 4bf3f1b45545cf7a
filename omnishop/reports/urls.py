"""Reports, for staff."""

from django.urls import path
from django.views.generic import RedirectView

from omnishop.reports import segments, value, views

app_name = "reports"
urlpatterns = [
    path("", RedirectView.as_view(pattern_name="reports:sales"), name="index"),
    path("sales/", views.sales, name="sales"),
    path("sales/<slug:by>.csv", views.sales_csv, name="sales_csv"),
    path("segments/", segments.index, name="segments"),
    path("segments/new/", segments.edit, name="segment_new"),
    path("segments/count/", segments.count, name="segment_count"),
    path("segments/<int:pk>/", segments.edit, name="segment"),
    path("segments/<int:pk>/size/", segments.size, name="segment_size"),
    path("segments/<int:pk>/do/", segments.act, name="segment_act"),
    path("segments/<int:pk>/people.csv", segments.export, name="segment_export"),
    path("rfm/", value.rfm, name="rfm"),
    path("cohorts/", value.cohorts, name="cohorts"),
]
