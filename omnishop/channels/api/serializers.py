"""What machines read. Every field here is for reading; nothing is written through this door."""

from typing import Any

from rest_framework import serializers

from catalog.models import Variant


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


class ProductSerializer(serializers.Serializer[Any]):
    """A product on sale with its articles."""

    slug = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    category = serializers.CharField(help_text="Slug of the category.")
    brand = serializers.CharField(allow_null=True)
    url = serializers.URLField()
    picture = serializers.URLField(allow_null=True)
    variants = VariantSerializer(many=True)


class StoreStockSerializer(serializers.Serializer[Any]):
    """What one store can hand over."""

    store = serializers.CharField(help_text="Code of the store.")
    name = serializers.CharField()
    state = serializers.ChoiceField(["in_stock", "few", "none"])
    units = serializers.IntegerField(
        allow_null=True, help_text="Given when three or fewer are left, as on the site."
    )


class DeliverySerializer(serializers.Serializer[Any]):
    """What can be sent home."""

    state = serializers.ChoiceField(["in_stock", "few", "none"])


class AvailabilitySerializer(serializers.Serializer[Any]):
    """Where an article can be had now."""

    sku = serializers.CharField()
    stores = StoreStockSerializer(many=True)
    delivery = DeliverySerializer()


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
