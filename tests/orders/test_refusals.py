"""What is refused is said with the right number of things."""

import pytest
from django.utils import translation

from loyalty.services.points import NotEnoughPoints
from orders.errors import WrongCode


@pytest.mark.parametrize(
    "left, said",
    [
        (1, "This is not the code of this order. One try left."),
        (4, "This is not the code of this order. 4 tries left."),
    ],
)
def test_one_try_left_is_not_said_in_the_plural(left: int, said: str) -> None:
    with translation.override("en"):
        assert str(WrongCode(left)) == said


@pytest.mark.parametrize(
    "available, said",
    [
        (0, "There are 0 points to spend, not more."),
        (1, "There is 1 point to spend, not more."),
        (2, "There are 2 points to spend, not more."),
    ],
)
def test_one_point_to_spend_is_not_said_in_the_plural(available: int, said: str) -> None:
    with translation.override("en"):
        assert str(NotEnoughPoints(available)) == said
