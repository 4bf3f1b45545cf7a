"""Pages of segments and values: who may see them, the live count, exports, both reports."""

import json
from datetime import date, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.http import QueryDict
from django.urls import reverse
from hypothesis import given

from omnishop.reports import segment_editor, worth
from orders.models import Segment, SegmentExport
from orders.segments.rules import WrongRule, read, write
from orders.services import segments, values
from tests.factories import NOON, CustomerFactory, StaffFactory, StoreFactory, UserFactory
from tests.orders.people_and_sales import bought, gave_back
from tests.orders.test_segments import RULES, answer

pytestmark = pytest.mark.django_db
PAGES = ("reports:segments", "reports:segment_new", "reports:rfm", "reports:cohorts")
LANGUAGE = {"node": ["r.0"], "kind-r.0": "language", "r.0-in": ["en"], "mode-r": "all"}


@pytest.fixture
def head_office(client, time_machine):
    time_machine.move_to(NOON, tick=False)
    user = StaffFactory(role="head_office", all_stores=True).user
    user.is_superuser = True
    user.save()
    client.force_login(user)
    client.user = user
    return client


@pytest.fixture
def segment():
    return segments.save(
        segment_id=None, name="English", description="", by="user:1", at=NOON,
        rules={"all": [{"is": "language", "in": ["en"]}]},
    )  # fmt: skip


def test_segments_are_of_those_who_see_every_store(client, segment):
    addresses = [
        *map(reverse, PAGES),
        *(reverse(f"reports:{name}", args=[segment.pk]) for name in ("segment", "segment_size")),
    ]
    for address in addresses:
        assert client.get(address).status_code == 302
    members = (
        UserFactory(),
        StaffFactory(role="store_manager", stores=[StoreFactory()]).user,
        StaffFactory(role="associate", all_stores=True).user,
    )
    for user in members:
        client.force_login(user)
        assert {client.get(address).status_code for address in addresses} == {403}
        for name in ("segment_export", "segment_act"):
            assert client.post(reverse(f"reports:{name}", args=[segment.pk])).status_code == 403
    assert not SegmentExport.objects.exists()


def test_the_list_shows_the_segments_and_counts_each_beside(head_office, segment):
    CustomerFactory(language="en")
    page = head_office.get(reverse("reports:segments"))
    assert "English" in page.content.decode()
    size = head_office.get(reverse("reports:segment_size", args=[segment.pk]))
    assert size.content.decode().strip() == "1"


def test_the_count_follows_the_form_and_says_who_can_be_reached(head_office):
    a = CustomerFactory(language="en", last_name="<b>Doe</b>")
    CustomerFactory(language="en")
    CustomerFactory()
    answer(a, granted=True)

    answered = head_office.post(reverse("reports:segment_count"), LANGUAGE)

    text = answered.content.decode()
    assert answered.status_code == 200
    assert "2 personnes" in text
    assert "&lt;b&gt;Doe" in text
    assert answered.context["reach"][0][1] == 1


def test_a_half_filled_condition_says_what_is_missing(head_office):
    answered = head_office.post(
        reverse("reports:segment_count"), {"node": ["r.0"], "kind-r.0": "language"}
    )
    assert answered.status_code == 422
    assert "personne" not in answered.content.decode()


def test_buttons_add_and_remove_and_save_keeps(head_office):
    address = reverse("reports:segment_new")
    more = head_office.post(address, {**LANGUAGE, "do": "add:r"}).context["root"]
    assert [one["kind"] for one in more["items_"]] == ["language", "last_order"]
    less = head_office.post(address, {**LANGUAGE, "do": "remove:r.0"}).context["root"]
    assert less["items_"] == []
    group = head_office.post(address, {**LANGUAGE, "do": "group:r"}).context["root"]
    assert group["items_"][1]["mode"] == "any"

    refused = head_office.post(address, {**LANGUAGE, "do": "save"})
    assert (refused.status_code, Segment.objects.count()) == (422, 0)
    kept = head_office.post(address, {**LANGUAGE, "do": "save", "name": "English"})
    made = Segment.objects.get()
    assert kept["Location"] == reverse("reports:segment", args=[made.pk])
    assert made.rules == {"all": [{"is": "language", "in": ["en"]}]}
    assert made.changed_by == f"user:{head_office.user.pk}"


def test_with_htmx_a_button_answers_with_the_rules_and_their_count(head_office):
    answered = head_office.post(
        reverse("reports:segment_new"), {**LANGUAGE, "do": "add:r"},
        headers={"HX-Request": "true", "HX-Target": "rules"},
    )  # fmt: skip
    text = answered.content.decode()
    assert "<html" not in text
    assert 'hx-swap-oob="true"' in text


@pytest.mark.parametrize("rules", ["", "[", "[]", "null", '{"is": "x"}', "[" * 5000])
def test_an_address_with_rules_of_nobody_begins_empty(head_office, rules):
    page = head_office.get(reverse("reports:segment_new"), {"rules": rules})
    assert (page.status_code, page.context["root"]["items_"]) == (200, [])


def test_what_a_form_cannot_hold_is_left_out(head_office):
    nonsense = {
        "node": ["r.0", "r.0.0", "x", "r.99.1", "r.1", "r.1", "r." + "0." * 50 + "0"],
        "kind-r.0": "never_bought", "mode-r": "drop", "mode-r.1": "any", "do": "remove:r.7.7",
    }  # fmt: skip
    root = head_office.post(reverse("reports:segment_new"), nonsense).context["root"]
    assert [one.get("kind") for one in root["items_"]] == ["never_bought", None]


@given(rule=RULES)
def test_a_form_sends_back_the_rules_that_it_was_drawn_of(rule):
    try:
        checked = read(rule)
    except WrongRule:
        return
    root = segment_editor.root_of(checked)
    sent = QueryDict(mutable=True)

    def draw(draft, path):
        sent[f"mode-{path}"] = draft.mode
        for position, one in enumerate(draft.items):
            below = f"{path}.{position}"
            sent.appendlist("node", below)
            if not one.kind:
                draw(one, below)
                continue
            sent[f"kind-{below}"] = one.kind
            for name, value in one.values.items():
                if isinstance(value, list):
                    sent.setlist(f"{below}-{name}", value)
                else:
                    sent[f"{below}-{name}"] = value

    draw(root, "r")
    again = segment_editor.from_form(sent)
    assert again == root
    assert write(read(again.data())) == again.data()


def test_acts_on_a_segment(head_office, segment):
    address = reverse("reports:segment_act", args=[segment.pk])
    for what in ("freeze", "fill", "duplicate"):
        assert head_office.post(address, {"do": what}).status_code == 302
    segment.refresh_from_db()
    assert segment.group is not None
    assert (segment.snapshots.count(), Segment.objects.count()) == (1, 2)
    assert head_office.post(address, {"do": "explode"}).status_code == 404
    head_office.post(address, {"do": "remove"})
    assert head_office.post(address, {"do": "freeze"}).status_code == 404
    assert Segment.objects.count() == 1


def test_the_file_is_formula_safe_and_its_taking_is_written_down(head_office, segment):
    person = CustomerFactory(language="en", email="a@example.org", first_name="=HYPERLINK(1)")
    answer(person, granted=True)
    address = reverse("reports:segment_export", args=[segment.pk])

    refused = head_office.post(address, {"purpose": "email", "reason": ""})
    assert (refused.status_code, SegmentExport.objects.count()) == (422, 0)
    taken = head_office.post(address, {"purpose": "email", "reason": "Letter"})

    lines = taken.getvalue().decode("utf-8-sig").splitlines()
    assert lines[1] == f"{person.number};'=HYPERLINK(1);a@example.org"
    log = SegmentExport.objects.get()
    assert (log.rows, log.reason, log.by) == (1, "Letter", f"user:{head_office.user.pk}")
    assert "Letter" in head_office.get(reverse("reports:segments")).content.decode()
    assert head_office.get(address).status_code == 405


def test_each_cell_of_the_rfm_table_opens_as_its_segment(head_office):
    for n in range(5):
        person = CustomerFactory()
        for k in range(n + 1):
            bought(person, ago=50 - n * 5 + k, total=1000)
    values.compute(at=NOON)

    page = head_office.get(reverse("reports:rfm"))

    cells = {(row["score"], f): cell for row in page.context["rows"]
             for f, cell in enumerate(row["cells"], start=1)}  # fmt: skip
    assert sum(cell["people"] for cell in cells.values()) == 5
    assert sum(cell["amount"] for cell in cells.values()) == 15_000
    for cell in cells.values():
        rules = json.loads(parse_qs(urlsplit(cell["url"]).query)["rules"][0])
        assert segments.count(rules, at=NOON).people == cell["people"]
    opened = head_office.get(cells[5, 5]["url"])
    assert opened.context["people"] == cells[5, 5]["people"] == 1


def test_a_cohort_keeps_its_size_and_counts_people_once_a_month(head_office):
    a, b, c = (CustomerFactory() for _ in range(3))
    bought(a, ago=70)  # September
    bought(CustomerFactory(merged_into=a), ago=30)  # October
    bought(a, ago=29)
    bought(a, ago=1)  # November
    gave_back(bought(b, ago=69), 5000)
    bought(c, ago=40)  # October
    found = worth.cohorts(date(2026, 9, 1), date(2026, 11, 1))
    assert [(one.month, one.size, one.active) for one in found] == [
        (date(2026, 9, 1), 2, {0: 2, 1: 1, 2: 1}),
        (date(2026, 10, 1), 1, {0: 1}),
    ]
    page = head_office.get(reverse("reports:cohorts"), {"first": "2026-09", "last": "2026-10"})
    shares = [[cell.get("bp") for cell in row["cells"]] for row in page.context["rows"]]
    assert shares == [[5000, 5000], [0, None]]  # what is not over yet is empty


@pytest.mark.parametrize(
    "asked", [{"first": "x"}, {"first": "2026-10", "last": "2026-09"},
              {"first": "2000-01", "last": "2026-01"}]
)  # fmt: skip
def test_cohorts_of_no_period_are_refused(head_office, asked):
    assert head_office.get(reverse("reports:cohorts"), asked).status_code == 422


def test_pages_send_the_same_statements_however_many_people(
    head_office, segment, django_assert_max_num_queries
):
    for n in range(12):
        bought(CustomerFactory(language="en"), ago=n * 30)
    values.compute(at=NOON + timedelta(hours=1))
    most = {"reports:segments": 10, "reports:segment_new": 12, "reports:rfm": 8,
            "reports:cohorts": 7}  # fmt: skip
    for name, count in most.items():
        with django_assert_max_num_queries(count):
            head_office.get(reverse(name))
