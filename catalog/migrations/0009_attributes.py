"""An option is an attribute: one word for what products and variants are described by."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0008_alike")]
    operations = [
        migrations.RenameModel("Option", "Attribute"),
        migrations.RenameModel("OptionValue", "AttributeValue"),
        migrations.RemoveConstraint("attributevalue", "option_value_unique"),
        migrations.RenameField("attributevalue", "option", "attribute"),
        migrations.AddConstraint(
            "attributevalue",
            models.UniqueConstraint(fields=("attribute", "code"), name="attribute_value_unique"),
        ),
        migrations.AlterModelOptions(
            "attribute",
            {
                "ordering": ["position", "pk"],
                "verbose_name": "attribute",
                "verbose_name_plural": "attributes",
            },
        ),
        migrations.AlterModelOptions(
            "attributevalue",
            {
                "ordering": ["attribute__position", "position", "pk"],
                "verbose_name": "attribute value",
                "verbose_name_plural": "attribute values",
            },
        ),
    ]
