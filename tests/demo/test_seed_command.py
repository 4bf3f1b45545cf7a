"""When the demonstration is not written, and what its pictures are without their package."""

import pytest
from django.core.management import CommandError, call_command

from catalog.models import Product
from omnishop.demo import content
from omnishop.demo.pictures import drawing
from tests.factories import ProductFactory


@pytest.mark.django_db
def test_a_database_with_other_data_is_left_alone(capsys):
    ProductFactory()

    with pytest.raises(CommandError, match="other data"):
        call_command("seed_demo")
    call_command("seed_demo", "--if-empty")

    assert Product.objects.count() == 1


@pytest.mark.django_db
def test_production_is_refused(settings):
    settings.PRODUCTION = True

    with pytest.raises(CommandError, match="not in production"):
        call_command("seed_demo")

    assert not Product.objects.exists()


def test_a_picture_is_drawn_with_and_without_the_package(monkeypatch, tmp_path):
    monkeypatch.setattr("omnishop.demo.pictures.EMOJI", tmp_path)

    card = drawing(content.products()[0])

    assert card.size == (960, 960)
    assert card.getpixel((480, 500)) != card.getpixel((5, 500))
