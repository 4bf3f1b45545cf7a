"""Every field of ours is registered: as personal, or as telling nothing of a customer."""

import pytest
from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models

from omnishop.privacy.lines import After
from omnishop.privacy.person import person
from omnishop.privacy.plain import NOBODYS
from omnishop.privacy.registry import TABLES
from omnishop.privacy.rules import RULES
from tests.factories import CustomerFactory
from tests.test_architecture import OURS

# Kinds of fields that can hold something of a person.
TELLING = (
    models.CharField,
    models.TextField,
    models.JSONField,
    models.DateField,  # and times
    models.FileField,
    models.UUIDField,
    models.GenericIPAddressField,
    models.BinaryField,
    ArrayField,
)
PEOPLE = {"customers.Customer", "network.User"}
HOW = (
    "is not registered. Give it a line in omnishop/privacy/registry.py (personal) or name it in"
    " omnishop/privacy/plain.py (it tells nothing of a customer)."
)


def telling(model):
    """The names of a model's fields that must be registered."""
    return {
        field.name
        for field in model._meta.get_fields()
        if not field.auto_created
        and (
            isinstance(field, TELLING)
            or (field.is_relation and field.related_model._meta.label in PEOPLE)
        )
    }


def registered():
    named = {label: set(fields.split()) for label, fields in NOBODYS.items()}
    for entry in TABLES:
        lines = {line.field for line in entry.lines}
        named[entry.model] = lines | {name.lstrip("-") for name in entry.rest.split()}
    return named


def test_every_field_of_ours_is_registered():
    known = registered()

    missing = [
        f"{model._meta.label}.{name} {HOW}"
        for app in OURS
        for model in app.get_models(include_auto_created=True)
        for name in sorted(telling(model) - known.get(model._meta.label, set()))
    ]

    assert not missing, "\n".join(missing)


def test_nothing_is_registered_that_is_not_there_nor_twice():
    for label, names in registered().items():
        fields = {field.name for field in apps.get_model(label)._meta.get_fields()}
        assert names <= fields, (label, names - fields)
    labels = [entry.model for entry in TABLES]
    assert len(labels) == len(set(labels))
    assert not set(labels) & set(NOBODYS)
    for entry in TABLES:
        lines = [line.field for line in entry.lines] + entry.rest.replace("-", "").split()
        assert len(lines) == len(set(lines)), entry.model


def test_each_line_has_a_clock_and_what_is_kept_says_why():
    for entry in TABLES:
        for line in entry.lines:
            assert line.period in RULES, (entry.model, line.field)
            assert bool(line.why) == (line.after == After.KEEP), (entry.model, line.field)
        assert len({line.after == After.ROW for line in entry.lines}) == 1, entry.model


@pytest.mark.django_db
@pytest.mark.parametrize("entry", TABLES, ids=lambda entry: entry.model)
def test_the_rows_of_a_person_are_found_in_each_table(entry):
    who = person(CustomerFactory().pk)

    expected = 1 if entry.model == "customers.Customer" else 0
    assert entry.cls._default_manager.filter(entry.of(who)).distinct().count() == expected
