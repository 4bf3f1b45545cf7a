"""What is sold, how it is found, what it costs."""

from catalog.models.attribute import Attribute, AttributeValue
from catalog.models.category import Brand, Category
from catalog.models.import_run import ImportRow, ImportRun
from catalog.models.picture_source import PictureSource
from catalog.models.price import Price, PriceList
from catalog.models.product import Picture, Product, Variant
from catalog.models.tax import TaxCategory, VatRate

__all__ = [
    "Attribute",
    "AttributeValue",
    "Brand",
    "Category",
    "ImportRow",
    "ImportRun",
    "Picture",
    "PictureSource",
    "Price",
    "PriceList",
    "Product",
    "TaxCategory",
    "Variant",
    "VatRate",
]
