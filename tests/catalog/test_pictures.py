"""A picture has its sizes as soon as it is saved."""

import io

import pytest
from django.core.files.base import ContentFile
from PIL import Image

from catalog.models import Picture
from tests.factories import ProductFactory

pytestmark = pytest.mark.django_db


def test_a_saved_picture_has_four_widths_in_two_formats():
    file = io.BytesIO()
    Image.new("RGB", (960, 960), "#e6efe6").save(file, format="PNG")

    picture = Picture.objects.create(
        product=ProductFactory(), image=ContentFile(file.getvalue(), name="bag.png")
    )

    sizes = picture.image.get_picture_files_list()
    assert {(size.file_type, size.width) for size in sizes} == {
        (file_type, width) for file_type in ("AVIF", "WEBP") for width in (160, 320, 480, 720)
    }
    assert all(size.path.stat().st_size > 0 for size in sizes)
