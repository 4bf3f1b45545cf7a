"""People written down twice: proposals that wait, one merge made; a household and a company."""

from datetime import datetime, timedelta

from customers.models import Company, Customer, Household
from customers.services import matching
from customers.services.identities import create_customer
from customers.services.merging import merge
from omnishop.demo import signins
from omnishop.demo.house import House


def fill(house: House, *, at: datetime) -> None:
    """A few rows; which of them are likely one person is found by the service itself."""
    known = list(
        Customer.objects.live().filter(user=None).exclude(last_name="").order_by("pk")[20:25]
    )
    for number, person in enumerate(known, 1):
        person.postcode = f"6900{number}"
        person.birth_date = at.date().replace(year=1977 + number, month=3, day=10 + number)
        person.save(update_fields=["postcode", "birth_date"])
    swapped, shortened, renamed, same, alone = known
    _twin(swapped, swapped.last_name, swapped.first_name)
    _twin(shortened, shortened.first_name, shortened.last_name[:-1])
    _twin(renamed, renamed.first_name, "Marchand")
    merge(
        source_id=_twin(same, same.first_name, same.last_name).pk,
        target_id=same.pk,
        reason="Les deux cartes ont été présentées au retrait",
        by=f"user:{house.staff[signins.SERVICE].pk}",
        at=at - timedelta(days=2),
    )
    while matching.propose(at=at, limit=500):
        pass
    alone.household = Household.objects.create(name=f"Foyer {alone.last_name}")
    alone.company = Company.objects.create(
        name="Refuge du Lac SARL", siren="552100554", vat_number="FR83404833048"
    )
    alone.save(update_fields=["household", "company"])


def _twin(person: Customer, first_name: str, last_name: str) -> Customer:
    """The same person, typed anew in a shop."""
    return create_customer(
        first_name=first_name,
        last_name=last_name,
        postcode=person.postcode,
        birth_date=person.birth_date,
        home_store_id=person.home_store_id,
    )
