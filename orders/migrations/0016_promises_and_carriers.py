"""What was promised last is the first promise we know; the carriers of France."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps
from django.db.models import F

CARRIERS = {
    "Colissimo": "https://www.laposte.fr/outils/suivre-vos-envois?code={number}",
    "Chronopost": "https://www.chronopost.fr/tracking-no-cms/suivi-page?listeNumerosLT={number}",
    "Mondial Relay": "https://www.mondialrelay.fr/suivi-de-colis/?numeroExpedition={number}",
    "DPD": "https://trace.dpd.fr/fr/trace/{number}",
    "GLS": "https://gls-group.com/FR/fr/suivi-colis/?match={number}",
    "UPS": "https://www.ups.com/track?loc=fr_FR&tracknum={number}",
    "DHL": "https://www.dhl.com/fr-fr/home/tracking.html?tracking-id={number}",
    "Autre": "",
}


def fill(apps: StateApps, _editor: BaseDatabaseSchemaEditor) -> None:
    fulfilments = apps.get_model("orders", "Fulfilment").objects
    fulfilments.filter(promised_at__isnull=False, first_promised_at__isnull=True).update(
        first_promised_at=F("promised_at")
    )
    carriers = apps.get_model("orders", "Carrier").objects
    for priority, (name, page) in enumerate(CARRIERS.items(), start=1):
        carriers.get_or_create(
            name=name, defaults={"tracking_page": page, "priority": 10 * priority}
        )


class Migration(migrations.Migration):
    dependencies = [("orders", "0015_first_promise_and_carrier")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
