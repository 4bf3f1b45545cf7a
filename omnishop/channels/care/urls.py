"""Addresses of the service desk, under /care/."""

from django.urls import path

from omnishop.channels.care import views

app_name = "care"

urlpatterns = [path("participation/", views.participation, name="participation")]
