"""Rows are the queue: one that fails does not stop the others."""

import logging

import pytest

from omnishop.kernel.claims import each


def test_a_row_that_fails_is_logged_and_the_others_go_on(caplog: pytest.LogCaptureFixture) -> None:
    def work(key: int) -> bool:
        if key == 2:
            raise ValueError("row two is broken")
        return key != 3

    with caplog.at_level(logging.ERROR):
        done = each([1, 2, 3, 4], work)

    assert done == 2
    assert [record.getMessage() for record in caplog.records] == ["row_failed"]
