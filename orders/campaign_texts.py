"""The words of campaigns: those staff wrote, else ours, with the placeholders that they may use."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from orders.models import Campaign, CampaignStep

Kind = Campaign.Kind
_PLACE = re.compile(r"\{(\w*)\}")

COMMON = ("name", "shop", "coupon")
PLACES: dict[str, tuple[str, ...]] = {
    Kind.BASKET: (*COMMON, "product"),
    Kind.PRICE_DROP: (*COMMON, "product", "price", "more"),
    Kind.REVIEW: (*COMMON, "product", "number"),
    Kind.POINTS: (*COMMON, "points", "day"),
    Kind.BIRTHDAY: COMMON,
    Kind.WIN_BACK: COMMON,
    Kind.NEWSLETTER: COMMON,
}

# Subject, text, button; the text is an SMS and a notification too.
OURS: dict[str, tuple[Any, Any, Any]] = {
    Kind.BASKET: (
        _("Your basket is still there"),
        _("You left these articles; they are in stock. Nothing is reserved."),
        _("Take up my basket"),
    ),
    Kind.PRICE_DROP: (
        _("{product} costs less"),
        _("{product}, of your wishes, now costs {price}. {more}"),
        _("See what costs less"),
    ),
    Kind.REVIEW: (
        _("What do you think of {product}?"),
        _("You have had it for some days. Your review, good or bad, helps others to choose."),
        _("Give my review"),
    ),
    Kind.POINTS: (
        _("{points} points expire on {day}"),
        _("{points} of your points expire on {day}. They are worth the same in every shop."),
        _("See my points"),
    ),
    Kind.BIRTHDAY: (
        _("Happy birthday"),
        _("All of {shop} wishes you a happy birthday."),
        _("Visit the shop"),
    ),
    Kind.WIN_BACK: (
        _("What is new since your last visit"),
        _("It has been a while. Here is what came in meanwhile."),
        _("See what is new"),
    ),
    Kind.NEWSLETTER: (_("News from {shop}"), _("Here is our news."), _("Visit the shop")),
}


@dataclass(frozen=True, slots=True)
class Filled:
    """A text whose placeholders have their values."""

    subject: str
    paragraphs: tuple[str, ...]
    button: str


@dataclass(frozen=True, slots=True)
class Words:
    """A text with placeholders, in one language."""

    subject: str
    body: str
    button: str

    def filled(self, values: Mapping[str, str]) -> Filled:
        """The text with these values; a placeholder without a value leaves nothing."""

        def fill(text: str) -> str:
            return _PLACE.sub(lambda found: str(values.get(found[1], "")), text)

        paragraphs = (" ".join(part.split()) for part in re.split(r"\n\s*\n", self.body))
        return Filled(
            subject=" ".join(fill(self.subject).split()),
            paragraphs=tuple(fill(part).strip() for part in paragraphs if part),
            button=self.button,
        )


def words(step: CampaignStep, language: str) -> Words:
    """The words of a step: staff's own in that language, else ours."""
    with override(language):
        subject, body, button = map(str, OURS[step.campaign.kind])
    return Words(
        subject=getattr(step, f"subject_{language}", "") or subject,
        body=getattr(step, f"body_{language}", "") or body,
        button=button,
    )


def unknown_places(text: str, kind: str) -> list[str]:
    """Placeholders of a text that a kind of campaign has no value for."""
    return [place for place in _PLACE.findall(text) if place not in PLACES[kind]]
