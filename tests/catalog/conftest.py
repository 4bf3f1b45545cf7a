"""What tests of the catalogue's imports stand on."""

import pytest
from django.utils import translation

from tests.factories import TaxCategoryFactory


@pytest.fixture
def importing(settings, tmp_path):
    """A shop that can import: files go to a folder of the test, messages are English."""
    settings.VAR_DIR = tmp_path / "var"
    private = settings.STORAGES["private"] | {"OPTIONS": {"location": tmp_path / "private"}}
    settings.STORAGES = settings.STORAGES | {"private": private}
    TaxCategoryFactory()
    with translation.override("en"):
        yield


@pytest.fixture
def write(tmp_path):
    """Write a file of text, or of bytes, and give its path."""

    def write_file(content, name="products.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write_file
