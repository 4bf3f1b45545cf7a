"""Recommendations are computed every night (DESIGN 3.7)."""

from django.db import migrations

from omnishop.kernel.schedule import nightly


class Migration(migrations.Migration):
    dependencies = [("orders", "0018_reviews_schedule")]
    operations = [nightly({"orders.compute_recommendations": "3:10"})]
