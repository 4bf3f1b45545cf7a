"""One effect per actor and key (DESIGN 3.9, P-2)."""

from threading import Barrier, Thread

import pytest
from django.db import connection

from customers.models import Customer
from omnishop.kernel.errors import Invalid
from omnishop.kernel.idempotency import once
from omnishop.kernel.models import IdempotencyKey
from tests.factories import CustomerFactory


def create(key="k", actor="till:1", body=None):
    def work():
        return {"pk": CustomerFactory().pk}

    return once(actor=actor, key=key, body=body or {"name": "Camille"}, work=work)


@pytest.mark.django_db
def test_a_repeat_gets_the_first_answer_and_does_nothing():
    assert create() == create(body={"name": "Camille"})
    assert Customer.objects.count() == 1


@pytest.mark.django_db
def test_the_order_of_the_bodys_fields_does_not_matter():
    assert create(body={"a": 1, "b": 2}) == create(body={"b": 2, "a": 1})


@pytest.mark.django_db
def test_the_same_key_with_other_contents_is_refused():
    create()

    with pytest.raises(Invalid):
        create(body={"name": "Dominique"})

    assert Customer.objects.count() == 1


@pytest.mark.django_db
def test_keys_are_the_actors_own():
    assert create(actor="till:1") != create(actor="till:2")
    assert Customer.objects.count() == 2


@pytest.mark.django_db
def test_work_that_fails_leaves_no_trace_and_may_be_tried_again():
    def fail():
        CustomerFactory()
        raise RuntimeError

    with pytest.raises(RuntimeError):
        once(actor="till:1", key="k", body={"name": "Camille"}, work=fail)

    assert not Customer.objects.exists()
    assert not IdempotencyKey.objects.exists()
    create()
    assert Customer.objects.count() == 1


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_have_one_effect_and_one_answer():
    barrier, answers = Barrier(20), []

    def send():
        try:
            barrier.wait()
            answers.append(create()["pk"])
        finally:
            connection.close()

    threads = [Thread(target=send) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(answers) == 20
    assert len(set(answers)) == 1
    assert Customer.objects.count() == 1
