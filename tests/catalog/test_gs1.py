"""GTINs of every length and codes with a price or weight inside (STD-1)."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from catalog import gs1, selectors
from catalog.models import VariableArticle, VariableCode
from catalog.models.product import check_gtin
from tests.factories import VariantFactory

PRICE = gs1.Layout("21", item_digits=5, value_digits=4, carries="price", decimals=2,
                   value_checked=True)  # fmt: skip
WEIGHT = gs1.Layout("28", item_digits=5, value_digits=5, carries="weight", decimals=3)


@pytest.mark.parametrize(
    "code", ["96385074", "036000291452", "4006381333931", "3017620422003", "10614141543219"]
)
def test_a_gtin_of_8_12_13_or_14_digits_is_taken_when_its_check_digit_is_right(code):
    check_gtin(code)
    wrong = code[:-1] + str((int(code[-1]) + 1) % 10)
    with pytest.raises(ValidationError):
        check_gtin(wrong)


@pytest.mark.parametrize("code", ["", "123", "400638133393", "40063813339310", "4006381333 31"])
def test_another_length_or_a_letter_is_no_gtin(code):
    with pytest.raises(ValidationError):
        check_gtin(code)


@pytest.mark.parametrize(
    "code, own",
    [
        ("0212345678901", True), ("2012345678900", True), ("2912345678907", True),
        ("212345678992", True),  # a UPC: 0212345678992
        ("20123451", True), ("01234565", True), ("02112345678907", True),
        ("4006381333931", False), ("3017620422003", False), ("0036000291452", False),
        ("036000291452", False), ("96385074", False), ("10614141543219", False),
    ],
)  # fmt: skip
def test_numbers_of_the_shops_own_ranges_are_never_told_as_gtin(code, own):
    assert gs1.in_store(code) is own
    assert gs1.public(code) == (None if own else code)


@pytest.mark.parametrize("digits, verifier", [("2875", 9), ("14685", 6), ("0000", 0)])
def test_the_verifier_of_a_value_follows_the_rule_of_gs1(digits, verifier):
    assert gs1.value_check_digit(digits) == verifier


def test_a_price_is_read_from_its_label():
    code = gs1.encode("12345", 2875, PRICE)

    assert code == "2112345928753"
    assert gs1.decode(code, PRICE) == gs1.Label("12345", price_minor=2875, weight_g=None)


def test_a_weight_is_read_in_grams():
    code = gs1.encode("00042", 1250, WEIGHT)

    assert code == "2800042012508"
    assert gs1.decode(code, WEIGHT) == gs1.Label("00042", price_minor=None, weight_g=1250)


def test_a_price_in_tenths_is_read_in_cents():
    layout = gs1.Layout("02", item_digits=5, value_digits=5, carries="price", decimals=1)

    assert gs1.decode(gs1.encode("00001", 125, layout), layout).price_minor == 1250


@pytest.mark.parametrize(
    "code", ["2112345928754", "2112345828756", "2800042012508", "4006381333931", "21123459287"]
)
def test_digits_that_contradict_each_other_are_never_read(code):
    with pytest.raises(gs1.Unreadable):
        gs1.decode(code, PRICE)


@pytest.fixture
def scale(db):
    return VariableCode.objects.create(
        prefix="21", name="Balance", item_digits=5, value_digits=4, value_checked=True
    )


def test_the_article_of_a_label_is_found_by_its_item_number(scale, django_assert_num_queries):
    cheese, other = VariantFactory(), VariantFactory()
    VariableArticle.objects.create(code=scale, item_number="12345", variant=cheese)
    VariableArticle.objects.create(code=scale, item_number="12346", variant=other)

    with django_assert_num_queries(1):
        assert list(selectors.coded("2112345928753")) == [cheese]
    found = selectors.scanned("2112345928753").get()

    assert found["variant"] == cheese.pk
    label = selectors.labelled("2112345928753", found["scale"])
    assert label == gs1.Label("12345", price_minor=2875, weight_g=None)
    assert selectors.labelled("4006381333931", None) is None


def test_what_a_scale_labelled_comes_before_an_articles_own_number(scale):
    own = VariantFactory(gtin="2112345928753")
    cheese = VariantFactory()

    assert selectors.scanned("2112345928753").get() == {"variant": own.pk, "scale": None}

    VariableArticle.objects.create(code=scale, item_number="12345", variant=cheese)

    found = selectors.scanned(" 2112345928753 ").first()
    assert found["variant"] == cheese.pk
    assert found["scale"]["carries"] == "price"


def test_a_layout_makes_thirteen_digits(db):
    with pytest.raises(IntegrityError), transaction.atomic():
        VariableCode.objects.create(prefix="22", name="x", item_digits=5, value_digits=4)
    with pytest.raises(ValidationError):
        VariableCode(prefix="22", name="x", item_digits=5, value_digits=4).full_clean()
    VariableCode(prefix="22", name="x", item_digits=5, value_digits=5).full_clean()


def test_an_item_number_is_as_long_as_its_layout_says(scale):
    article = VariableArticle(code=scale, item_number="123", variant=VariantFactory())
    with pytest.raises(ValidationError, match="5"):
        article.full_clean()
