"""The API: schema, its page for people, version 1."""

from django.urls import path

from omnishop.channels.api import mail, quotes, sms, views

app_name = "api"
urlpatterns = [
    path("schema/", views.schema, name="schema"),
    path("docs/", views.docs, name="docs"),
    path("v1/products/", views.ProductList.as_view(), name="products"),
    path("v1/products/by-code/<path:code>/", views.ProductByCode.as_view(), name="product_by_code"),
    path("v1/products/<slug:slug>/", views.ProductDetail.as_view(), name="product"),
    path("v1/products/<slug:slug>/reviews/", views.ProductReviews.as_view(), name="reviews"),
    path("v1/availability/", views.Availability.as_view(), name="availability"),
    path("v1/availability/basket/", views.BasketAvailability.as_view(), name="basket_availability"),
    path("v1/quote/", quotes.QuoteBasket.as_view(), name="quote"),
    path("v1/me/loyalty/", views.MyLoyalty.as_view(), name="my_loyalty"),
    path("mail/", mail.receive, name="mail"),
    path("mail/events/<slug:carrier>/", mail.events, name="mail_events"),
    path("sms/", sms.ReceiveSms.as_view(), name="sms"),
    path("sms/reports/", sms.ReportSms.as_view(), name="sms_reports"),
]
