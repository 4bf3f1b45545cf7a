"""What is sold, how it is found, what it costs."""

from catalog.models.assortment import Assortment, BundleItem
from catalog.models.attribute import Attribute, AttributeValue, ProductType
from catalog.models.category import Brand, Category
from catalog.models.change import CatalogChange
from catalog.models.gs1 import VariableArticle, VariableCode
from catalog.models.import_run import ImportRow, ImportRun
from catalog.models.operation import Operation
from catalog.models.picture_source import PictureSource
from catalog.models.price import Price, PriceList
from catalog.models.price_change import PriceChange
from catalog.models.product import Picture, Product, Variant
from catalog.models.promotion import BookVersion, Coupon, CouponUse, Promotion
from catalog.models.recommendation import Recommendation
from catalog.models.review import Answer, Question, Review
from catalog.models.search import SearchLog, SearchWord, Synonym
from catalog.models.sheet import Document, Guide, ProductAttribute, RelatedProduct, Video
from catalog.models.tax import TaxCategory, VatRate

__all__ = [
    "Answer",
    "Assortment",
    "Attribute",
    "AttributeValue",
    "BookVersion",
    "Brand",
    "BundleItem",
    "CatalogChange",
    "Category",
    "Coupon",
    "CouponUse",
    "Document",
    "Guide",
    "ImportRow",
    "ImportRun",
    "Operation",
    "Picture",
    "PictureSource",
    "Price",
    "PriceChange",
    "PriceList",
    "Product",
    "ProductAttribute",
    "ProductType",
    "Promotion",
    "Question",
    "Recommendation",
    "RelatedProduct",
    "Review",
    "SearchLog",
    "SearchWord",
    "Synonym",
    "TaxCategory",
    "VariableArticle",
    "VariableCode",
    "Variant",
    "VatRate",
    "Video",
]
