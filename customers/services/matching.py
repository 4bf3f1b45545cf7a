"""Likely duplicates are looked for by a task, and proposed to staff (ALG-11)."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Q

from customers import matching
from customers.models import Customer, DuplicateCandidate, Identity, MatchKey
from omnishop.kernel.claims import claim

SAID = [["staff", "said"]]  # staff themselves propose a pair
TOGETHER = [["file", "together"]]  # one row of an imported file has keys of both
CROWD = 200  # a key that more records share says nothing: those are not compared for it


@transaction.atomic
def propose(*, at: datetime, limit: int = 200) -> int:
    """Look for duplicates of records that are new or changed; how many records were looked at.

    A pair that staff decided on is left alone. Links nobody: that takes a verified key.
    """
    changed = claim(Customer.objects.live().filter(matched_at__isnull=True).order_by("pk"))[:limit]
    ids = [customer.pk for customer in changed]
    if not ids:
        return 0
    traits = _traits(ids)
    _write_keys(traits)
    pairs = _pairs(ids)
    traits |= _traits({pk for pair in pairs for pk in pair} - set(ids))
    matches = {pair: matching.compare(traits[pair[0]], traits[pair[1]]) for pair in pairs}
    _withdraw(ids)
    _write(matches, at=at)
    Customer.objects.filter(pk__in=ids).update(matched_at=at)
    return len(ids)


def _traits(ids: Collection[int]) -> dict[int, matching.Traits]:
    """What each person's records say, merged ones included."""
    emails: dict[int, list[str]] = defaultdict(list)
    phones: dict[int, list[str]] = defaultdict(list)
    for identity in Identity.objects.filter(
        customer__in=ids, kind__in=[Identity.Kind.EMAIL, Identity.Kind.PHONE]
    ).order_by("pk"):
        values = emails if identity.kind == Identity.Kind.EMAIL else phones
        values[identity.customer_id].append(identity.value)
    return {
        customer.pk: matching.Traits(
            first_name=customer.first_name,
            last_name=customer.last_name,
            birth_date=customer.birth_date,
            postcode=customer.postcode,
            emails=tuple(emails[customer.pk]),
            phones=tuple(phones[customer.pk]),
        )
        for customer in Customer.objects.filter(pk__in=ids)
    }


def _write_keys(traits: dict[int, matching.Traits]) -> None:
    MatchKey.objects.filter(customer__in=traits).delete()
    MatchKey.objects.bulk_create(
        MatchKey(customer_id=pk, key=key)
        for pk, said in traits.items()
        for key in sorted(matching.keys(said))
    )


def _pairs(ids: list[int]) -> list[tuple[int, int]]:
    """Pairs of live records, one of them given, that share a key which is not a crowd's."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH wanted AS (
              SELECT DISTINCT key FROM customers_matchkey WHERE customer_id = ANY(%(ids)s)),
            shared AS (
              SELECT w.key, m.customer_id
                FROM wanted w
               CROSS JOIN LATERAL (SELECT customer_id FROM customers_matchkey
                                    WHERE key = w.key LIMIT %(crowd)s + 1) m),
            useful AS (
              SELECT key FROM shared GROUP BY key HAVING count(*) BETWEEN 2 AND %(crowd)s)
            SELECT DISTINCT least(a.customer_id, b.customer_id),
                            greatest(a.customer_id, b.customer_id)
              FROM useful
              JOIN shared a USING (key)
              JOIN shared b USING (key)
              JOIN customers_customer p ON p.id = b.customer_id AND p.merged_into_id IS NULL
             WHERE a.customer_id = ANY(%(ids)s) AND a.customer_id <> b.customer_id
             ORDER BY 1, 2
            """,
            {"ids": ids, "crowd": CROWD},
        )
        return cursor.fetchall()


def propose_together(one: Customer, other: Customer, *, at: datetime) -> bool:
    """Ask staff about two records that one row of a file gives keys of; asked once (ALG-11)."""
    first, second = sorted([one.pk, other.pk])
    _pair, created = DuplicateCandidate.objects.get_or_create(
        first_id=first,
        second_id=second,
        defaults={"score_bp": 10_000, "evidence": TOGETHER, "found_at": at},
    )
    return created


def _withdraw(ids: list[int]) -> None:
    """Proposals of changed records that wait for staff are made anew; not what was said."""
    DuplicateCandidate.objects.filter(
        Q(first__in=ids) | Q(second__in=ids), status=DuplicateCandidate.Status.OPEN
    ).exclude(evidence__in=[SAID, TOGETHER]).delete()


def _write(matches: dict[tuple[int, int], matching.Match], *, at: datetime) -> None:
    DuplicateCandidate.objects.bulk_create(
        (
            DuplicateCandidate(
                first_id=first,
                second_id=second,
                score_bp=round(match.likelihood * 10_000),
                evidence=[list(item) for item in match.evidence],
                found_at=at,
            )
            for (first, second), match in matches.items()
            if match.is_proposed
        ),
        ignore_conflicts=True,
    )
