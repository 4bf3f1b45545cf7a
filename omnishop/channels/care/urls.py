"""Addresses of the service desk, under /care/."""

from django.urls import path

from omnishop.channels.care import acts, basket, cases, finding, ordering, participation, people

app_name = "care"

urlpatterns = [
    path("", finding.home, name="home"),
    path("find/", finding.suggest, name="find"),
    path("participation/", participation.participation, name="participation"),
    path("person/<str:number>/", people.person, name="person"),
    path("person/<str:number>/works/", people.works_again, name="works_again"),
    path("person/<str:number>/basket/", basket.basket, name="basket"),
    path("person/<str:number>/basket/add/", basket.add, name="basket_add"),
    path("person/<str:number>/basket/line/<int:variant_id>/", basket.line, name="basket_line"),
    path("person/<str:number>/basket/out/<int:variant_id>/", basket.remove, name="basket_remove"),
    path("person/<str:number>/basket/code/", basket.code, name="basket_code"),
    path("person/<str:number>/basket/drop-code/", basket.drop_code, name="basket_drop_code"),
    path("person/<str:number>/basket/reserve/", ordering.reserve, name="basket_reserve"),
    path("person/<str:number>/basket/send/", ordering.send, name="basket_send"),
    path("order/<str:number>/", people.order, name="order"),
    path("case/", cases.new, name="new"),
    path("case/<str:number>/", cases.case, name="case"),
    path("case/<str:number>/answer/", cases.answer, name="answer"),
    path("case/<str:number>/note/", cases.note, name="note"),
    path("case/<str:number>/assign/", cases.assign, name="assign"),
    path("case/<str:number>/status/", cases.status, name="status"),
    path("case/<str:number>/change/", cases.change, name="change"),
    path("case/<str:number>/link/", cases.link, name="link"),
    path("case/<str:number>/join/", cases.join, name="join"),
    path("case/<str:number>/file/<int:pk>/", cases.file, name="file"),
    path("case/<str:number>/<slug:act>/", acts.act, name="act"),
]
