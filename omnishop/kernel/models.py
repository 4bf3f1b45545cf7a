"""Rows that every app may need."""

from django.db import models


class IdempotencyKey(models.Model):
    """A write that has been done: who asked, with which key and body, and what was answered."""

    actor = models.CharField(max_length=80)  # "customer:12", "till:LYO-1", "basket:uuid"
    key = models.CharField(max_length=80)
    body_hash = models.CharField(max_length=64)
    response = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["actor", "key"], name="idempotency_unique")]

    def __str__(self) -> str:
        return f"{self.actor} {self.key}"
