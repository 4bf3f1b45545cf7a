"""What a person agreed to, in which channel, on which text (GDP-2, GDP-3)."""

import tomllib
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models.expressions import RawSQL

from customers.models import ConsentEvent, ConsentText, Customer, SaleNotice
from customers.models.consent import QUESTIONS, Basis, Channel, Purpose
from customers.selectors import records

TEXTS = Path(__file__).resolve().parent.parent / "texts.toml"
# The answer that stands of each record, then of each person. An answer given on the live record
# after a merge wins over those of the record that joined; of what is left the strictest counts
# (ALG-11). Undoing a merge gives each their own back: nothing was moved.
STANDING = """
WITH answer AS (
  SELECT DISTINCT ON (e.customer_id, e.purpose, e.channel)
         coalesce(r.merged_into_id, e.customer_id) AS person, r.merged_into_id IS NULL AS live,
         coalesce(r.merged_at, 'infinity') AS merged_at, e.purpose, e.channel, e.granted, e.at
    FROM customers_consentevent e {records}
   WHERE e.at <= %s {only}
   ORDER BY e.customer_id, e.purpose, e.channel, e.at DESC, e.id DESC)
SELECT {what} FROM answer a
 GROUP BY {what}
HAVING CASE WHEN bool_or(NOT a.granted) FILTER (WHERE a.live) THEN false
            ELSE coalesce(max(a.at) FILTER (WHERE a.live)
                            > max(a.merged_at) FILTER (WHERE NOT a.live AND NOT a.granted),
                          count(*) FILTER (WHERE NOT a.live AND NOT a.granted) = 0) END
"""
# For everybody at once only merged records are looked up, a few among a million.
EVERYBODYS = """LEFT JOIN customers_customer r ON r.id = e.customer_id
                                            AND r.merged_into_id IS NOT NULL"""
THEIRS = "JOIN customers_customer r ON r.id = e.customer_id"
OF_QUESTION = " AND e.purpose = %s AND e.channel = %s "
OF_PEOPLE = " AND (r.id = ANY(%s) OR r.merged_into_id = ANY(%s))"


class Standing(NamedTuple):
    """Whether yes stands for a question, and the newest answer to it."""

    granted: bool
    event: ConsentEvent | None


@cache
def _first_texts() -> tuple[str, dict[tuple[str, str, str, str], str]]:
    data = tomllib.loads(TEXTS.read_text())
    texts = {
        (each["purpose"], each["channel"], each.get("basis", "consent"), language): each[language]
        for each in data["text"]
        for language in ("fr", "en")
    }
    return data["version"], texts


def text_shown(
    *, purpose: str, channel: str, language: str, at: datetime, basis: str = Basis.CONSENT
) -> ConsentText:
    """What a person reads when they are asked at that instant; the row is the proof."""
    key = {"purpose": purpose, "channel": channel, "basis": basis, "language": language}
    found = ConsentText.objects.in_force(at).filter(**key).first()
    if found:
        return found
    version, texts = _first_texts()
    made, _created = ConsentText.objects.get_or_create(
        **key,
        version=version,
        defaults={
            "text": texts[purpose, channel, basis, language],
            "valid_from": datetime(2026, 1, 1, tzinfo=UTC),
        },
    )
    return made


@transaction.atomic
def record_consent(
    *,
    customer: Customer,
    granted: bool,
    source: str,
    actor: str,
    at: datetime,
    channel: str = Channel.EMAIL,
    purpose: str = Purpose.MARKETING,
    text_version: str = "",
    basis: str = Basis.CONSENT,
    document: str = "",
    text: ConsentText | None = None,
) -> ConsentEvent | None:
    """Write an answer to a consent question, on the person's live record.

    The same answer again writes nothing, when it stands. Answers of one person are written one
    after the other. `text_version` alone is for answers brought from elsewhere.
    """
    live = Customer.objects.select_for_update(of=("self",)).get(
        pk=customer.merged_into_id or customer.pk
    )
    own = live.consents.filter(purpose=purpose, channel=channel).first()  # the newest
    stands = live.pk in allowed([live.pk], channel, purpose=purpose, at=at)
    if own and own.granted == granted == stands:
        return None
    if text is None and not text_version:
        text = text_shown(
            purpose=purpose, channel=channel, language=live.language, at=at, basis=basis
        )
    return ConsentEvent.objects.create(
        customer=live,
        purpose=purpose,
        channel=channel,
        granted=granted,
        basis=basis,
        text=text,
        text_version=text.version if text else text_version,
        source=source,
        document=document,
        actor=actor,
        at=at,
    )


def record_first(
    answers: Iterable[tuple[Customer, str, bool, str, datetime]], *, actor: str, text_version: str
) -> None:
    """Write what people who were made in this very transaction said elsewhere: channel, answer,
    source and instant of each. One question is answered once; nothing else can stand yet.
    """
    ConsentEvent.objects.bulk_create(
        ConsentEvent(
            customer=customer,
            purpose=Purpose.MARKETING,
            channel=channel,
            granted=granted,
            basis=Basis.CONSENT,
            text_version=text_version,
            source=source,
            actor=actor,
            at=at,
        )
        for customer, channel, granted, source, at in answers
    )


def stop_everything(*, customer: Customer, source: str, actor: str, at: datetime) -> int:
    """One press: no to every purpose in every channel; how many answers that changed (A5)."""
    return sum(
        record_consent(
            customer=customer,
            granted=False,
            purpose=purpose,
            channel=channel,
            source=source,
            actor=actor,
            at=at,
        )
        is not None
        for purpose, channel in QUESTIONS
    )


def stop_marketing(
    *, customer: Customer, source: str, actor: str, at: datetime, channel: str = Channel.EMAIL
) -> None:
    """The answer of a mail's stop link or button (RFC 8058); a repeat changes nothing."""
    record_consent(
        customer=customer, granted=False, channel=channel, source=source, actor=actor, at=at
    )


def allowed(
    customer_ids: Iterable[int],
    channel: str = Channel.EMAIL,
    *,
    at: datetime,
    purpose: str = Purpose.MARKETING,
) -> set[int]:
    """Those of these people whose standing answer is yes; one statement for however many.

    Read in the transaction that marks the messages as sent, it is what stands at the moment of
    sending (INVARIANTS F-32, MSG-2).
    """
    people = list(customer_ids)
    sql = STANDING.format(what="a.person", records=THEIRS, only=OF_QUESTION + OF_PEOPLE)
    with connection.cursor() as cursor:
        cursor.execute(sql, [at, str(purpose), str(channel), people, people])
        return {row[0] for row in cursor.fetchall()}


def agreeing(
    channel: str = Channel.EMAIL, *, at: datetime, purpose: str = Purpose.MARKETING
) -> RawSQL:
    """The keys of all live people who said yes, for a queryset: `filter(pk__in=agreeing(at=at))`.

    For counting and choosing a campaign's people; sending asks again.
    """
    sql = STANDING.format(what="a.person", records=EVERYBODYS, only=OF_QUESTION)
    return RawSQL(sql, [at, str(purpose), str(channel)])  # noqa: S611  our own text


def may_be_sent_marketing(
    customer_id: int | None, channel: str = Channel.EMAIL, *, at: datetime
) -> bool:
    """Whether the person's standing answer allows marketing in a channel (GDP-2); none means no.

    Of merged records the strictest standing answer counts, unless the person answered since
    (ALG-11).
    """
    return customer_id is not None and customer_id in allowed([customer_id], channel, at=at)


def may_be_profiled(customer_id: int | None, *, at: datetime) -> bool:
    """Whether what a person bought may choose what is shown and offered to them."""
    return customer_id is not None and customer_id in allowed(
        [customer_id], Channel.ALL, at=at, purpose=Purpose.PROFILING
    )


def standing(customer_id: int, *, at: datetime) -> dict[tuple[str, str], Standing]:
    """What stands for each question, with the newest answer of any record; two statements."""
    newest: dict[tuple[str, str], ConsentEvent] = {}
    events = ConsentEvent.objects.filter(customer__in=records(customer_id), at__lte=at)
    for event in events.order_by("at", "pk"):
        newest[event.purpose, event.channel] = event
    with connection.cursor() as cursor:
        sql = STANDING.format(what="a.purpose, a.channel", records=THEIRS, only=OF_PEOPLE)
        cursor.execute(sql, [at, [customer_id], [customer_id]])
        granted = set(cursor.fetchall())
    return {each: Standing(each in granted, newest.get(each)) for each in QUESTIONS}


def asked_at_sale(
    *,
    document: str,
    refused: bool,
    source: str,
    actor: str,
    language: str,
    at: datetime,
    channel: str = Channel.EMAIL,
) -> None:
    """Keep that a buyer was told of mails about similar articles and could refuse (GDP-2).

    It becomes an answer once the sale is real. A repeat keeps what was said first, but a refusal
    always counts. One statement; two more when the text was never shown.
    """
    values: dict[str, Any] = {
        "document": document,
        "channel": str(channel),
        "refused": refused,
        "language": language,
        "source": source,
        "actor": actor,
        "at": at,
    }
    with connection.cursor() as cursor:
        cursor.execute(NOTICE, values)
        if not cursor.fetchone()[0]:
            notice_text(language=language, at=at, channel=channel)
            cursor.execute(NOTICE, values)


# Writes that a buyer was told, with the text in force; tells whether there is one.
NOTICE = """
WITH shown AS (
  SELECT id FROM customers_consenttext
   WHERE purpose = 'marketing' AND basis = 'soft_opt_in' AND channel = %(channel)s
     AND language = %(language)s AND valid_from <= %(at)s
   ORDER BY valid_from DESC, id DESC LIMIT 1),
written AS (
  INSERT INTO customers_salenotice AS n
         (document, channel, refused, text_id, source, actor, at)
  SELECT %(document)s, %(channel)s, %(refused)s, id, %(source)s, %(actor)s, %(at)s FROM shown
  ON CONFLICT (document, channel) DO UPDATE SET refused = true, settled_at = NULL
   WHERE excluded.refused AND NOT n.refused)
SELECT count(*) FROM shown
"""


def notice_text(*, language: str, at: datetime, channel: str = Channel.EMAIL) -> ConsentText:
    """What a buyer reads at a sale, beside the box that refuses (GDP-2)."""
    return text_shown(
        purpose=Purpose.MARKETING,
        channel=channel,
        basis=Basis.SOFT_OPT_IN,
        language=language,
        at=at,
    )


def to_be_told(customer: Customer | None, channel: str = Channel.EMAIL) -> bool:
    """Whether a sale may tell of mails: nobody who answered before is asked again."""
    if customer is None:
        return True
    return not ConsentEvent.objects.filter(
        customer__in=records(customer.merged_into_id or customer.pk),
        purpose=Purpose.MARKETING,
        channel=channel,
    ).exists()


def take_notice(*, notice: SaleNotice, customer: Customer, at: datetime) -> ConsentEvent | None:
    """Make a notice the answer of the person who bought.

    Silence is a yes only for who never answered: nobody's no, nor their yes, is written over. A
    refusal is an opposition and counts over everything.
    """
    if not notice.refused and not to_be_told(customer, notice.channel):
        return None
    return record_consent(
        customer=customer,
        granted=not notice.refused,
        channel=notice.channel,
        basis=Basis.SOFT_OPT_IN,
        document=notice.document,
        text=notice.text,
        source=notice.source,
        actor=notice.actor,
        at=at,
    )


def questions(*, language: str, at: datetime) -> list[ConsentText]:
    """The texts of the questions, in the order of the page; one statement."""
    found: dict[tuple[str, str], ConsentText] = {}
    for text in ConsentText.objects.in_force(at).filter(language=language, basis=Basis.CONSENT):
        found.setdefault((text.purpose, text.channel), text)
    return [
        found.get((purpose, channel))
        or text_shown(purpose=purpose, channel=channel, language=language, at=at)
        for purpose, channel in QUESTIONS
    ]
