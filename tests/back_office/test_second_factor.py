"""Staff sign in with a second factor, at the door of the shop."""

import pytest
from django.urls import reverse

from tests.factories import (
    StaffFactory,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/admin/", "/reports/sales/"])
def test_staff_without_a_second_factor_set_one_up_first(client, settings, path):
    settings.STAFF_MFA_REQUIRED = True
    client.force_login(StaffFactory().user)
    answer = client.get(path)
    assert (answer.status_code, answer["Location"]) == (302, reverse("mfa_activate_totp"))


def test_who_passed_a_second_factor_when_signing_in_is_not_asked_again(client, settings):
    settings.STAFF_MFA_REQUIRED = True
    staff = StaffFactory(role="store_manager", all_stores=True)
    client.force_login(staff.user)
    session = client.session
    session["account_authentication_methods_user"] = str(staff.user_id)
    session["account_authentication_methods"] = [{"method": "mfa", "at": 1.0, "type": "totp"}]
    session.save()

    assert client.get("/reports/sales/").status_code == 200


def test_the_back_offices_sign_in_is_the_shops(client):
    answer = client.get("/admin/login/")
    assert answer["Location"].startswith("/compte/login/")
