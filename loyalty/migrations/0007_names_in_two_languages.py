"""What members read of tiers, ways of earning and rewards, in both languages."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("loyalty", "0006_referred"),
    ]

    operations = [
        migrations.AddField(
            model_name="earnrule",
            name="name_en",
            field=models.CharField(
                help_text="As members read it", max_length=80, null=True, verbose_name="name"
            ),
        ),
        migrations.AddField(
            model_name="earnrule",
            name="name_fr",
            field=models.CharField(
                help_text="As members read it", max_length=80, null=True, verbose_name="name"
            ),
        ),
        migrations.AddField(
            model_name="reward",
            name="description_en",
            field=models.CharField(
                blank=True, max_length=240, null=True, verbose_name="description"
            ),
        ),
        migrations.AddField(
            model_name="reward",
            name="description_fr",
            field=models.CharField(
                blank=True, max_length=240, null=True, verbose_name="description"
            ),
        ),
        migrations.AddField(
            model_name="reward",
            name="name_en",
            field=models.CharField(max_length=80, null=True, verbose_name="name"),
        ),
        migrations.AddField(
            model_name="reward",
            name="name_fr",
            field=models.CharField(max_length=80, null=True, verbose_name="name"),
        ),
        migrations.AddField(
            model_name="tier",
            name="benefits_en",
            field=models.CharField(
                blank=True,
                max_length=240,
                null=True,
                verbose_name="advantages, as members read them",
            ),
        ),
        migrations.AddField(
            model_name="tier",
            name="benefits_fr",
            field=models.CharField(
                blank=True,
                max_length=240,
                null=True,
                verbose_name="advantages, as members read them",
            ),
        ),
        migrations.AddField(
            model_name="tier",
            name="name_en",
            field=models.CharField(max_length=60, null=True, verbose_name="name"),
        ),
        migrations.AddField(
            model_name="tier",
            name="name_fr",
            field=models.CharField(max_length=60, null=True, verbose_name="name"),
        ),
        migrations.RunSQL(
            [
                "UPDATE loyalty_tier SET name_fr = name, benefits_fr = benefits",
                "UPDATE loyalty_earnrule SET name_fr = name",
                "UPDATE loyalty_reward SET name_fr = name, description_fr = description",
            ],
            migrations.RunSQL.noop,
        ),
    ]
