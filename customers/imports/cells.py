"""One row of a file as a person, read exactly or refused with the reason in words."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from hashlib import sha256

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from stdnum.exceptions import ValidationError
from stdnum.fr import siren

from customers.models import Identity
from customers.models.consent import Channel
from customers.services.identities import normal_email, normal_phone
from omnishop.kernel.csv_files import Row
from omnishop.kernel.errors import Invalid

NO_PROOF = gettext_noop("consents without date or source in the file: not taken over")
LANGUAGES = gettext_noop("people of a language that the shop does not speak: French is used")
NO_SIREN = gettext_noop("companies without SIREN: not taken over")
YES = {"true", "yes", "y", "1", "vrai", "oui", "subscribed", "abonne"}
NO = {"false", "no", "n", "0", "faux", "non", "unsubscribed", "desabonne"}
_DAY = r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})|(?P<d2>\d{1,2})/(?P<m2>\d{1,2})/(?P<y2>\d{4})"
_TIME = (
    r"(?:[ T](?P<clock>\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?)\s*(?P<zone>Z|[+-]\d{2}:?\d{2})?)?"
)
PUBLIC = {"home_store", "language", "points", "siren", "marketing_email", "marketing_sms"}


class Refuse(Exception):
    """This row cannot be taken. The reason never repeats the value."""

    def __init__(self, column: str, value: str, reason: str) -> None:
        self.column, self.value, self.reason = column, value, reason
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the file says of a consent question."""

    channel: str
    granted: bool
    at: datetime | None
    source: str


@dataclass(slots=True)
class Record:
    """A person as the file tells of them."""

    row: int
    key: str  # hash of what the source calls the row
    fields: dict[str, str] = field(default_factory=dict)  # first_name, last_name, postcode
    keys: dict[str, str] = field(default_factory=dict)  # kind → normal form
    language: str = "fr"
    birth_date: date | None = None
    home_store_id: int | None = None
    siren: str = ""
    company: str = ""
    points: int = 0
    answers: list[Answer] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def masked(column: str, value: str) -> str:
    """Enough of a cell to find it in the file, and no more where it is personal."""
    if column in PUBLIC:
        return value[:40]
    name, _at, domain = value.partition("@")
    if name and domain and " " not in domain:
        return f"{name[:1]}•••@{domain}"[:80]
    return f"{value[:1]}•••" if value else ""


def read(row: Row, *, stores: Mapping[str, int], at: datetime) -> Record:
    """The person of a row. Raises Refuse."""
    if row.problem:
        raise Refuse("", "", row.problem)
    cells = row.cells
    keys = _keys(cells)
    name = cells.get("number") or next((f"{kind}:{keys[kind]}" for kind in keys), "")
    if not name:
        raise Refuse("number", "", _("Nothing tells who this is: number, e-mail, telephone, card."))
    record = Record(row.number, sha256(name.encode()).hexdigest(), keys=keys)
    for column, limit in (("first_name", 80), ("last_name", 80), ("postcode", 10)):
        record.fields[column] = _short(cells, column, limit)
    record.birth_date = _birth_date(cells.get("birth_date", ""), at.date())
    if code := cells.get("home_store", ""):
        if code not in stores:
            raise Refuse("home_store", code, _("There is no store with this code."))
        record.home_store_id = stores[code]
    if language := cells.get("language", ""):
        if language[:2].lower() in dict(settings.LANGUAGES):
            record.language = language[:2].lower()
        else:
            record.notes.append(LANGUAGES)
    _company(record, cells)
    if points := cells.get("points", ""):
        if not re.fullmatch(r"\d{1,7}(?:[.,]0+)?", points):
            raise Refuse("points", points, _("Not a whole number of points, 0 or more."))
        record.points = int(re.split("[.,]", points)[0])
    _answers(record, cells, at)
    return record


def _keys(cells: Mapping[str, str]) -> dict[str, str]:
    keys: dict[str, str] = {}
    if email := cells.get("email", ""):
        try:
            keys[Identity.Kind.EMAIL] = normal_email(email)
        except Invalid as error:
            raise Refuse("email", email, _("This is not an e-mail address.")) from error
        if len(keys[Identity.Kind.EMAIL]) > 254:
            raise Refuse("email", email, _("Longer than %(limit)d characters.") % {"limit": 254})
    if phone := cells.get("phone", ""):
        try:
            keys[Identity.Kind.PHONE] = normal_phone(phone)
        except Invalid as error:
            raise Refuse("phone", phone, str(error)) from error
    if card := re.sub(r"\s", "", cells.get("card", "")):
        if re.fullmatch(r"\d+(?:[.,]\d+)?[eE]\+?\d+", card):
            raise Refuse(
                "card",
                card,
                _(
                    "A spreadsheet rounded this card number: export it again with the column as"
                    " text."
                ),
            )
        if not re.fullmatch(r"[0-9A-Za-z-]{4,40}", card):
            raise Refuse("card", card, _("A card number has 4 to 40 letters and figures."))
        if re.fullmatch(r"29\d{11}", card):
            raise Refuse(
                "card", card, _("Numbers from 29 on, of 13 figures, are those of our own cards.")
            )
        keys[Identity.Kind.CARD] = card
    return keys


def _short(cells: Mapping[str, str], column: str, limit: int) -> str:
    found = cells.get(column, "")
    if len(found) > limit:
        raise Refuse(column, found, _("Longer than %(limit)d characters.") % {"limit": limit})
    return found


def _company(record: Record, cells: Mapping[str, str]) -> None:
    record.company = _short(cells, "company", 120)
    if number := cells.get("siren", ""):
        try:
            record.siren = str(siren.validate(number))
        except ValidationError as error:
            raise Refuse(
                "siren",
                number,
                _("This is not a SIREN: nine digits, of which the last one checks the others."),
            ) from error
    elif record.company:
        record.notes.append(NO_SIREN)


def _day(text: str) -> date | None:
    """2024-05-31, or 31/05/2024 with the day first."""
    found = re.fullmatch(_DAY, text)
    if not found:
        return None
    year, month, day = (found[part] or found[f"{part}2"] for part in ("y", "m", "d"))
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _birth_date(text: str, today: date) -> date | None:
    if not text or text.startswith("0000-00-00"):
        return None
    day = _day(text)
    if day is None or not date(1900, 1, 1) <= day <= today:
        raise Refuse("birth_date", text, _("Not a birth date. Examples: 1984-03-12, 12/03/1984"))
    return day


def _moment(text: str, at: datetime) -> datetime | None:
    """When a consent was given, in the shop's time zone where the file names none."""
    if not text or text.startswith("0000-00-00"):
        return None
    found = re.fullmatch(rf"(?P<day>{_DAY}){_TIME}", text)
    day = _day(found["day"]) if found else None
    moment = None
    if found and day:
        clock = found["clock"] or "00:00"
        try:
            zone = (found["zone"] or "").replace("Z", "+00:00")
            moment = datetime.fromisoformat(
                f"{day}T{clock.zfill(5) if len(clock) < 6 else clock}{zone}"
            )
            moment = moment if moment.tzinfo else timezone.make_aware(moment)
        except ValueError:
            moment = None
    if moment is None or not datetime(1990, 1, 1, tzinfo=UTC) <= moment <= at:
        raise Refuse(
            "marketing_at",
            text,
            _("Not a date in the past. Examples: 2024-05-31 14:05, 31/05/2024"),
        )
    return moment


def _answers(record: Record, cells: Mapping[str, str], at: datetime) -> None:
    """Yes counts with its date and its source alone: who sends must prove it (GDP-3)."""
    moment = _moment(cells.get("marketing_at", ""), at)
    source = _short(cells, "marketing_source", 40)
    for column, channel in (("marketing_email", Channel.EMAIL), ("marketing_sms", Channel.SMS)):
        word = cells.get(column, "")
        if not word:
            continue
        if word.lower() in NO:
            record.answers.append(Answer(channel, False, moment, source))
        elif word.lower() not in YES:
            raise Refuse(column, word, _("Neither true nor false."))
        elif moment and source:
            record.answers.append(Answer(channel, True, moment, source))
        else:
            record.notes.append(NO_PROOF)
