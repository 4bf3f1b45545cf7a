"""What the back office shares: ledgers are read, never typed in; big tables are not counted."""

from typing import Any

from django.core.paginator import Paginator
from django.db import connection
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property
from unfold.admin import ModelAdmin

COUNTED_UP_TO = 10_000  # rows; beyond it the planner's estimate is shown


class EstimatedPaginator(Paginator):
    """Counts small results exactly and takes PostgreSQL's estimate for big ones (UX D2)."""

    @cached_property
    def count(self) -> int:  # type: ignore[override]
        rows: QuerySet[Any] = self.object_list  # type: ignore[assignment]
        exact = rows.order_by()[: COUNTED_UP_TO + 1].count()
        if exact <= COUNTED_UP_TO:
            return exact
        sql, params = rows.order_by().query.sql_with_params()
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
            estimate = cursor.fetchone()[0][0]["Plan"]["Plan Rows"]
        return max(COUNTED_UP_TO + 1, int(estimate))


class StoreModelAdmin(ModelAdmin):
    """A back-office page that stays fast on big tables."""

    paginator = EstimatedPaginator
    show_full_result_count = False
    list_per_page = 50
    compressed_fields = True
    warn_unsaved_form = True


class ReadOnlyAdmin(StoreModelAdmin):
    """A ledger: search and read; services write it (UX D5)."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
