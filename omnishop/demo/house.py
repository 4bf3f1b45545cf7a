"""The retailer itself: companies, shops, stock rooms, tills, rates, rules and staff."""

from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password

from catalog.models import PriceList, TaxCategory, VatRate
from catalog.services import default_price_list
from inventory.models import StockLocation, StoreLocation
from loyalty.models import Programme
from omnishop.demo import content, shapes, signins
from omnishop.demo.rows import write
from omnishop.network.models import LegalEntity, StaffMember, Store, Till, User
from omnishop.network.selectors import MAY_APPROVE
from omnishop.network.services import set_pin
from orders.models import DeliveryMethod

TAX = {"standard": ("Taux normal", 2000), "food": ("Alimentation", 550), "book": ("Livres", 550)}
RATES_FROM = date(2014, 1, 1)
SHIPPING_SHOPS = {"LYO": 50, "PAR": 60}  # priority after the warehouse
PREPARATION = {"LYO": 60, "ANC": 120, "GRE": 60, "PAR": 90, "NTE": 60}  # minutes
SHARED = ("RES", "Réserve de Bourgoin-Jallieu", 45.5862, 5.2736, ("LYO", "GRE"))


@dataclass(frozen=True)
class House:
    """What the rest of the seeding refers to."""

    stores: dict[str, Store]
    tills: dict[str, list[Till]]
    floors: dict[str, int]  # location of each store, by its code
    warehouse: int
    shared: int  # the stock room of two shops
    entity_id: int  # sells on the site
    taxes: dict[str, int]  # pk by code
    prices: PriceList
    programme: Programme
    staff: dict[str, User]
    standard: DeliveryMethod
    express: DeliveryMethod

    @cached_property
    def shippers(self) -> list[int]:
        """Locations that send parcels, the warehouse first."""
        return [self.warehouse, *(self.floors[code] for code in SHIPPING_SHOPS)]

    def actor(self, code: str) -> str:
        """Who works at a store, as ledgers name them."""
        login = {"LYO": signins.LYON, "ANC": signins.ANNECY}.get(code, signins.HEAD_OFFICE)
        return f"user:{self.staff[login].pk}"


def build() -> House:
    """Write the house; the main company first, for what the site sells is its."""
    entities = {
        entity.code: LegalEntity.objects.create(
            name=entity.name,
            siren=entity.siren,
            vat_number=entity.vat_number,
            address=f"{entity.street}\n{entity.postcode} {entity.city}",
        )
        for entity in content.legal_entities()
    }
    stores: dict[str, Store] = {}
    floors: dict[str, int] = {}
    warehouse = 0
    for found in content.stores():
        location = StockLocation.objects.create(
            code=found.code,
            name=found.name,
            kind=found.kind,
            ships=found.kind == "warehouse" or found.code in SHIPPING_SHOPS,
            priority=1 if found.kind == "warehouse" else SHIPPING_SHOPS.get(found.code, 100),
            latitude=found.latitude,
            longitude=found.longitude,
            transfer_days=2 if found.kind == "warehouse" else None,
            parcel_capacity=30 if found.code in SHIPPING_SHOPS else None,
        )
        if found.kind == "warehouse":
            warehouse = location.pk
            continue
        stores[found.code] = _store(found, entities[found.legal_entity])
        floors[found.code] = location.pk
        StoreLocation.objects.create(store=stores[found.code], location=location, rank=1)
    code, name, latitude, longitude, shops = SHARED
    shared = StockLocation.objects.create(
        code=code,
        name=name,
        kind="warehouse",
        latitude=latitude,
        longitude=longitude,
        transfer_days=1,
    )
    for shop in shops:
        StoreLocation.objects.create(store=stores[shop], location=shared, rank=2)
    taxes = {}
    for key, (label, tax_bp) in TAX.items():
        category = TaxCategory.objects.create(code=key, name=label)
        VatRate.objects.create(category=category, tax_bp=tax_bp, valid_from=RATES_FROM)
        taxes[key] = category.pk
    methods = [
        DeliveryMethod.objects.create(
            code=code,
            name_fr=french,
            name_en=english,
            price_minor=price,
            free_from_minor=free,
            working_days=days,
            tax_category_id=taxes["standard"],
        )
        for code, french, english, price, free, days in (
            ("standard", "Livraison à domicile", "Home delivery", 490, 6000, 3),
            ("express", "Livraison express", "Express delivery", 990, None, 1),
        )
    ]
    return House(
        stores=stores,
        tills={
            code: [Till.objects.create(store=store, number=number) for number in (1, 2)]
            for code, store in stores.items()
        },
        floors=floors,
        warehouse=warehouse,
        shared=shared.pk,
        entity_id=entities[content.retailer().legal_entity].pk,
        taxes=taxes,
        prices=default_price_list(),
        programme=Programme.objects.create(name="Grand Air & Vous"),
        staff=_staff(stores),
        standard=methods[0],
        express=methods[1],
    )


def _store(found: shapes.Store, entity: LegalEntity) -> Store:
    return Store.objects.create(
        code=found.code,
        name=found.name,
        slug=found.slug,
        entity=entity,
        address=found.street,
        postcode=found.postcode,
        city=found.city,
        latitude=found.latitude,
        longitude=found.longitude,
        phone=found.phone,
        timezone=found.timezone,
        opening_hours=found.opening_hours,
        preparation_minutes=PREPARATION[found.code],
        services_fr="\n".join(service.fr for service in found.services),
        services_en="\n".join(service.en for service in found.services),
        access_fr=found.access.fr,
        access_en=found.access.en,
    )


def _staff(stores: dict[str, Store]) -> dict[str, User]:
    """One login of each role; the shops' see their own shop alone."""
    role = StaffMember.Role
    people: list[tuple[str, str, str, StaffMember.Role | None, list[Store]]] = [
        (signins.ADMIN, "Agathe", "Perrin", None, []),
        (signins.HEAD_OFFICE, "Hélène", "Marchand", role.HEAD_OFFICE, []),
        (signins.LYON, "Léo", "Besson", role.ASSOCIATE, [stores["LYO"]]),
        (signins.LYON_MANAGER, "Nadia", "Rey", role.STORE_MANAGER, [stores["LYO"]]),
        (signins.ANNECY, "Anaïs", "Favre", role.STORE_MANAGER, [stores["ANC"]]),
        (signins.SERVICE, "Salomé", "Roche", role.SERVICE, []),
    ]
    users = {}
    for email, first_name, last_name, duty, places in people:
        users[email] = login(email, first_name, last_name, staff=True, superuser=duty is None)
        if duty is not None:
            member = StaffMember.objects.create(user=users[email], role=duty, all_stores=not places)
            member.stores.set(places)
            if duty in MAY_APPROVE:
                set_pin(member=member, pin=signins.PIN)
    return users


def login(
    email: str, first_name: str, last_name: str, *, staff: bool = False, superuser: bool = False
) -> User:
    """A login with the demonstration's password and a verified address."""
    user = User.objects.create(
        email=email,
        password=_hashed(),
        first_name=first_name,
        last_name=last_name,
        is_staff=staff,
        is_superuser=superuser,
    )
    write(EmailAddress, [{"user_id": user.pk, "email": email, "verified": True, "primary": True}])
    return user


@cache
def _hashed() -> str:
    """Hashing is slow on purpose; the password is one and the same."""
    return make_password(signins.PASSWORD)
