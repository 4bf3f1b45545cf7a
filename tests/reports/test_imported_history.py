"""History that was read in counts like any sale."""

from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from omnishop.reports import selectors
from omnishop.reports.selectors import Question
from tests.factories import LegalEntityFactory, TaxCategoryFactory

pytestmark = pytest.mark.django_db
REAL = Path(__file__).resolve().parents[3].joinpath(
    "shared", "data", "sales", "online_retail_France.csv"
)  # fmt: skip


@pytest.mark.filterwarnings("default")
def test_the_report_shows_the_net_of_the_history_that_was_read_in():
    if not REAL.exists():
        pytest.skip("real input is not here: online_retail_France.csv (see CONTRIBUTING)")
    LegalEntityFactory()
    TaxCategoryFactory()
    call_command("import_sales", REAL, format="online-retail", stdout=StringIO())

    report = selectors.sales(Question(date(2009, 1, 1), date(2012, 12, 31), step="month"))[0]

    assert report.total.gross_minor == 19_740_390
    assert report.total.net_minor == 19_740_390
    for part in (report.by_day, report.by_channel, report.by_store):
        assert sum(figures.gross_minor for figures in part.values()) == 19_740_390
