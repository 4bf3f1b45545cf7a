"""What machines read. Every field here is for reading; nothing is written through this door."""

from typing import Any

from rest_framework import serializers

from catalog.models import Variant
from inventory.availability import Status


class MoneySerializer(serializers.Serializer[Any]):
    """An amount in minor units, tax included."""

    amount_minor = serializers.IntegerField()
    currency = serializers.CharField()


class PriceSerializer(MoneySerializer):
    """The price on the site now."""

    tax_bp = serializers.IntegerField(help_text="VAT rate in basis points: 2000 is 20 %.")
    eco_minor = serializers.IntegerField(help_text="Eco-participation, inside the price.")
    reference_minor = serializers.IntegerField(
        allow_null=True, help_text="Lowest price of the 30 days before a reduction, if reduced."
    )


class OptionSerializer(serializers.Serializer[Any]):
    """What a variant is: colour blue, size M."""

    option = serializers.CharField()
    value = serializers.CharField()


class VariantSerializer(serializers.Serializer[Variant]):
    """An article: it has a SKU, a price and a stock."""

    sku = serializers.CharField()
    gtin = serializers.CharField(allow_null=True)
    options = OptionSerializer(many=True)
    weight_g = serializers.IntegerField()
    price = PriceSerializer(allow_null=True)


class RatingSerializer(serializers.Serializer[Any]):
    """What the published reviews of verified buyers add up to."""

    average = serializers.FloatField(help_text="Stars, 1 to 5, to a tenth.")
    count = serializers.IntegerField()


class ReviewSerializer(serializers.Serializer[Any]):
    """One published review of somebody who bought and received the article."""

    rating = serializers.IntegerField()
    title = serializers.CharField()
    text = serializers.CharField()
    author = serializers.CharField()
    language = serializers.CharField()
    sku = serializers.CharField(source="variant.sku")
    channel = serializers.CharField(help_text="Where the article was bought.")
    written_at = serializers.DateTimeField()
    received_on = serializers.DateField()
    answer = serializers.CharField(help_text="The shop's; empty without one.")


class ProductSerializer(serializers.Serializer[Any]):
    """A product on sale with its articles."""

    slug = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    category = serializers.CharField(help_text="Slug of the category.")
    brand = serializers.CharField(allow_null=True)
    url = serializers.URLField()
    picture = serializers.URLField(allow_null=True)
    rating = RatingSerializer(allow_null=True)
    variants = VariantSerializer(many=True)


STATUSES = [status.value for status in Status]
STATUS_HELP = (
    "`now`: all of it is there. `later`: it can be ordered and is brought there. `awaited`: our"
    " supplier brings it, it cannot be ordered yet. `no`: none of these."
)


class StoreStockSerializer(serializers.Serializer[Any]):
    """What one store can hand over."""

    store = serializers.CharField(help_text="Code of the store.")
    name = serializers.CharField()
    state = serializers.ChoiceField(["in_stock", "few", "none"])
    units = serializers.IntegerField(
        allow_null=True, help_text="Given when three or fewer are left, as on the site."
    )
    status = serializers.ChoiceField(STATUSES, help_text=STATUS_HELP)
    by = serializers.DateField(allow_null=True, help_text="The day for `later` and `awaited`.")


class DeliverySerializer(serializers.Serializer[Any]):
    """What can be sent home."""

    state = serializers.ChoiceField(["in_stock", "few", "none"])
    status = serializers.ChoiceField(STATUSES, help_text=STATUS_HELP)
    by = serializers.DateField(
        allow_null=True, help_text="The day it is at the door, by the quickest delivery."
    )


class AvailabilitySerializer(serializers.Serializer[Any]):
    """Where so many of an article can be had, and by when."""

    sku = serializers.CharField()
    quantity = serializers.IntegerField(help_text="Units that `status` and `by` are about.")
    stores = StoreStockSerializer(many=True)
    delivery = DeliverySerializer()


class StoreOfferSerializer(serializers.Serializer[Any]):
    """What one store can do for a whole basket."""

    store = serializers.CharField(help_text="Code of the store.")
    name = serializers.CharField()
    status = serializers.ChoiceField(STATUSES, help_text=STATUS_HELP)
    by = serializers.DateField(allow_null=True, help_text="The day for `later` and `awaited`.")
    ready_at = serializers.DateTimeField(
        allow_null=True, help_text="When all of it is ready, ordered now; null when it cannot be."
    )
    kept_until = serializers.DateTimeField(allow_null=True)
    units = serializers.IntegerField(help_text="Units of the basket that are there now.")
    wanted = serializers.IntegerField(help_text="Units of the basket.")


class BasketDeliverySerializer(serializers.Serializer[Any]):
    """Whether a whole basket can be sent home."""

    status = serializers.ChoiceField(STATUSES, help_text=STATUS_HELP)
    by = serializers.DateField(
        allow_null=True, help_text="The day it is at the door, by the quickest delivery."
    )


class BasketAvailabilitySerializer(serializers.Serializer[Any]):
    """What stores and delivery can do for a whole basket; the best stores first."""

    stores = StoreOfferSerializer(many=True)
    delivery = BasketDeliverySerializer()


class LotSerializer(serializers.Serializer[Any]):
    """Points earned together."""

    origin = serializers.CharField()
    channel = serializers.CharField()
    points = serializers.IntegerField(source="remaining")
    available_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()


class LoyaltySerializer(serializers.Serializer[Any]):
    """A member's points, the same in every channel."""

    card = serializers.CharField(allow_null=True)
    spendable = serializers.IntegerField()
    pending = serializers.IntegerField()
    debt = serializers.IntegerField()
    value = MoneySerializer()
    lots = LotSerializer(many=True)
    pending_lots = LotSerializer(many=True)
