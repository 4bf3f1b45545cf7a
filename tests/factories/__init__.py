"""Ready-made rows for tests. Set only what a test is about."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import factory
from factory.django import DjangoModelFactory

from catalog.models import (
    Brand,
    Category,
    Coupon,
    Operation,
    Price,
    PriceList,
    Product,
    Promotion,
    TaxCategory,
    Variant,
    VatRate,
)
from catalog.services import default_price_list
from customers.models import Customer, Identity
from inventory.models import (
    StockLevel,
    StockLocation,
    StockMovement,
    StoreLocation,
    Supplier,
    SupplierArticle,
)
from loyalty.models import Account, Programme, Reward
from omnishop.network.models import LegalEntity, StaffMember, Store, Till, User
from orders.models import Basket, BasketLine, Campaign, CampaignStep, DeliveryMethod, Segment

NOON = datetime(2026, 11, 17, 11, 0, tzinfo=UTC)  # Tuesday, noon in Paris
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


class UserFactory(DjangoModelFactory[User]):
    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@example.org")
    password = factory.django.Password("correct horse battery")


class LegalEntityFactory(DjangoModelFactory[LegalEntity]):
    class Meta:
        model = LegalEntity

    name = "Grand Air SAS"
    siren = factory.Sequence(lambda n: f"{n:09d}")
    vat_number = factory.Sequence(lambda n: f"FR{n:011d}")


class StockLocationFactory(DjangoModelFactory[StockLocation]):
    class Meta:
        model = StockLocation

    code = factory.Sequence(lambda n: f"L{n}")
    name = factory.Sequence(lambda n: f"Location {n}")
    kind = StockLocation.Kind.STORE


class StoreFactory(DjangoModelFactory[Store]):
    """A store open Monday to Saturday, 10 to 19:30, with a stock location of its own."""

    class Meta:
        model = Store
        skip_postgeneration_save = True

    code = factory.Sequence(lambda n: f"S{n}")
    name = factory.Sequence(lambda n: f"Store {n}")
    slug = factory.Sequence(lambda n: f"store-{n}")
    entity = factory.SubFactory(LegalEntityFactory)
    address = "1 rue de la République"
    postcode = "69002"
    city = "Lyon"
    latitude = 45.76
    longitude = 4.83
    opening_hours = "Mo-Sa 10:00-19:30; PH off"

    @factory.post_generation
    def location(self: Store, create: bool, extracted: Any, **_: Any) -> None:
        location = extracted or StockLocationFactory(code=self.code, name=self.name)
        StoreLocation.objects.create(store=self, location=location)


class WarehouseFactory(StockLocationFactory):
    kind = StockLocation.Kind.WAREHOUSE
    ships = True
    priority = 1


class TillFactory(DjangoModelFactory[Till]):
    class Meta:
        model = Till

    store = factory.SubFactory(StoreFactory)
    number = factory.Sequence(lambda n: n + 1)


class StaffFactory(DjangoModelFactory[StaffMember]):
    """A member of staff; `stores=[…]` says where."""

    class Meta:
        model = StaffMember
        skip_postgeneration_save = True

    user = factory.SubFactory(UserFactory, is_staff=True)

    @factory.post_generation
    def stores(self: StaffMember, create: bool, extracted: Any, **_: Any) -> None:
        if extracted:
            self.stores.set(extracted)


class TaxCategoryFactory(DjangoModelFactory[TaxCategory]):
    """A tax category with its French rate."""

    class Meta:
        model = TaxCategory
        django_get_or_create = ("code",)
        skip_postgeneration_save = True

    code = "standard"
    name = "Standard"

    @factory.post_generation
    def tax_bp(self: TaxCategory, create: bool, extracted: Any, **_: Any) -> None:
        if not self.rates.exists():
            rate = extracted or {"standard": 2000, "food": 550, "book": 550}[self.code]
            VatRate.objects.create(category=self, tax_bp=rate, valid_from=date(2014, 1, 1))


class CategoryFactory(DjangoModelFactory[Category]):
    class Meta:
        model = Category

    name = factory.Sequence(lambda n: f"Category {n}")
    slug = factory.Sequence(lambda n: f"category-{n}")

    @classmethod
    def _create(cls, model_class: type[Category], *args: Any, **kwargs: Any) -> Category:
        parent = kwargs.pop("parent", None)
        if parent:
            return model_class.objects.add_child(parent, create_kwargs=kwargs)
        return model_class.objects.add_root(create_kwargs=kwargs)


class BrandFactory(DjangoModelFactory[Brand]):
    class Meta:
        model = Brand

    name = factory.Sequence(lambda n: f"Brand {n}")
    slug = factory.Sequence(lambda n: f"brand-{n}")


class ProductFactory(DjangoModelFactory[Product]):
    class Meta:
        model = Product

    name = factory.Sequence(lambda n: f"Product {n}")
    slug = factory.Sequence(lambda n: f"product-{n}")
    category = factory.SubFactory(CategoryFactory)
    tax_category = factory.SubFactory(TaxCategoryFactory)
    status = Product.Status.ACTIVE


class VariantFactory(DjangoModelFactory[Variant]):
    """An article on sale; `price=` in minor units, None for none."""

    class Meta:
        model = Variant
        skip_postgeneration_save = True

    product = factory.SubFactory(ProductFactory)
    sku = factory.Sequence(lambda n: f"SKU-{n:05d}")

    @factory.post_generation
    def price(self: Variant, create: bool, extracted: int | None, **kwargs: Any) -> None:
        amount = 2000 if extracted is None and not kwargs.get("none") else extracted
        if amount is not None:
            Price.objects.create(
                variant=self,
                price_list=default_price_list(),
                amount_minor=amount,
                valid_from=LONG_AGO,
            )


class OperationFactory(DjangoModelFactory[Operation]):
    """A commercial operation that runs in every channel and store around noon."""

    class Meta:
        model = Operation

    code = factory.Sequence(lambda n: f"operation-{n}")
    name = factory.Sequence(lambda n: f"Opération {n}")
    status = Operation.Status.APPROVED
    starts_at = LONG_AGO
    ends_at = datetime(2099, 1, 1, tzinfo=UTC)


class PromotionFactory(DjangoModelFactory[Promotion]):
    """Ten per cent off everything."""

    class Meta:
        model = Promotion

    operation = factory.SubFactory(OperationFactory)
    name = factory.Sequence(lambda n: f"Promotion {n}")
    kind = Promotion.Kind.PERCENT
    percent_bp = 1000


class CouponFactory(DjangoModelFactory[Coupon]):
    """A code that opens a promotion as often as anyone likes."""

    class Meta:
        model = Coupon

    promotion = factory.SubFactory(PromotionFactory, by_coupon=True)
    code = factory.Sequence(lambda n: f"CODE{n}")


class PriceListFactory(DjangoModelFactory[PriceList]):
    class Meta:
        model = PriceList

    code = factory.Sequence(lambda n: f"list-{n}")
    name = factory.Sequence(lambda n: f"List {n}")


class StockLevelFactory(DjangoModelFactory[StockLevel]):
    """A level with the receipt that explains it."""

    class Meta:
        model = StockLevel
        skip_postgeneration_save = True

    variant = factory.SubFactory(VariantFactory)
    location = factory.SubFactory(StockLocationFactory)
    on_hand = 10

    @factory.post_generation
    def receipt(self: StockLevel, create: bool, extracted: Any, **_: Any) -> None:
        if self.on_hand:
            StockMovement.objects.create(
                variant=self.variant,
                location=self.location,
                kind=StockMovement.Kind.RECEIPT,
                delta=self.on_hand,
                document="PO-1",
                at=LONG_AGO,
                idempotency_key=f"receipt:{self.variant_id}:{self.location_id}",
            )


class SupplierFactory(DjangoModelFactory[Supplier]):
    class Meta:
        model = Supplier

    code = factory.Sequence(lambda n: f"supplier-{n}")
    name = factory.Sequence(lambda n: f"Supplier {n}")
    lead_days = 9
    lead_days_spread = 2


class SupplierArticleFactory(DjangoModelFactory[SupplierArticle]):
    class Meta:
        model = SupplierArticle

    supplier = factory.SubFactory(SupplierFactory)
    variant = factory.SubFactory(VariantFactory)
    cost_minor = 900


class CustomerFactory(DjangoModelFactory[Customer]):
    """A person; `email=` and `phone=` give verified identities."""

    class Meta:
        model = Customer
        skip_postgeneration_save = True

    number = factory.Sequence(lambda n: f"T-{n:06d}")
    first_name = "Camille"
    last_name = factory.Sequence(lambda n: f"Martin {n}")

    @factory.post_generation
    def email(self: Customer, create: bool, extracted: str | None, **_: Any) -> None:
        if extracted:
            Identity.objects.create(
                customer=self, kind="email", value=extracted, verified_at=LONG_AGO
            )

    @factory.post_generation
    def phone(self: Customer, create: bool, extracted: str | None, **_: Any) -> None:
        if extracted:
            Identity.objects.create(customer=self, kind="phone", value=extracted)


class ProgrammeFactory(DjangoModelFactory[Programme]):
    class Meta:
        model = Programme
        django_get_or_create = ("active",)

    name = "Grand Air & Vous"
    active = True


class AccountFactory(DjangoModelFactory[Account]):
    class Meta:
        model = Account

    customer = factory.SubFactory(CustomerFactory)
    programme = factory.SubFactory(ProgrammeFactory)
    joined_at = LONG_AGO


class RewardFactory(DjangoModelFactory[Reward]):
    class Meta:
        model = Reward

    programme = factory.SubFactory(ProgrammeFactory)
    kind = "experience"
    name = "Sortie en raquettes"
    cost = 100


class BasketFactory(DjangoModelFactory[Basket]):
    class Meta:
        model = Basket

    created_at = NOON - timedelta(hours=1)
    changed_at = NOON - timedelta(hours=1)


class BasketLineFactory(DjangoModelFactory[BasketLine]):
    class Meta:
        model = BasketLine

    basket = factory.SubFactory(BasketFactory)
    variant = factory.SubFactory(VariantFactory)
    quantity = 1
    seen_unit_minor = 2000
    added_at = NOON - timedelta(hours=1)


class DeliveryMethodFactory(DjangoModelFactory[DeliveryMethod]):
    class Meta:
        model = DeliveryMethod

    code = factory.Sequence(lambda n: f"home-{n}")
    name = "Livraison à domicile"
    price_minor = 490
    free_from_minor = 6000
    tax_category = factory.SubFactory(TaxCategoryFactory)


class SegmentFactory(DjangoModelFactory[Segment]):
    """A segment of everybody; `rules` say of whom."""

    class Meta:
        model = Segment

    name = factory.Sequence(lambda n: f"Segment {n}")
    rules = factory.LazyFunction(lambda: {"all": []})
    created_at = LONG_AGO
    changed_at = LONG_AGO
    changed_by = "user:1"


class CampaignFactory(DjangoModelFactory[Campaign]):
    """A campaign that is on, with nobody held out; `steps` are delays."""

    class Meta:
        model = Campaign
        skip_postgeneration_save = True

    name = "Campagne"
    kind = "basket"
    status = "active"
    activated_at = LONG_AGO
    activated_count = 0
    holdout_percent = 0

    @factory.post_generation
    def steps(self, create, extracted, **kwargs):
        for number, step in enumerate(extracted or [timedelta()], start=1):
            made = step if isinstance(step, dict) else {"delay": step}
            delay = made.pop("delay", timedelta())
            CampaignStep.objects.create(
                campaign=self, number=number,
                delay_minutes=int(delay.total_seconds() // 60), **made,
            )  # fmt: skip
