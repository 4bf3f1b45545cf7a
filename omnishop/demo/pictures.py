"""The picture of a product: its emoji in 3-D, lit from above on a card of the product's tint.

Drawn by processes of their own while the database is filled.
"""

import io
import multiprocessing
from collections.abc import Iterable
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from catalog.models import Picture
from omnishop.demo import content, shapes

EMOJI = Path(settings.BASE_DIR) / "node_modules" / "@lobehub" / "fluent-emoji-3d" / "assets"
SIDE = 960  # pixels
DRAWN = 560  # the thing on it
WORKERS = 2


def available() -> bool:
    """Whether the picture package is installed."""
    return EMOJI.is_dir()


def name_of(product: shapes.ProductText) -> str:
    """The file of a product's picture, in the media folder."""
    return f"products/{product.slug}.jpg"


def start(products: Iterable[shapes.ProductText]) -> tuple[Executor, list[Future[None]]]:
    """Begin to draw; call it while no database connection is open."""
    pool = ProcessPoolExecutor(WORKERS, mp_context=multiprocessing.get_context("fork"))
    return pool, [pool.submit(make, one.slug) for one in products]


def make(slug: str) -> None:
    """Draw the picture of a product and write all its sizes."""
    product = next(one for one in content.products() if one.slug == slug)
    name = name_of(product)
    file = io.BytesIO()
    drawing(product).save(file, format="JPEG", quality=92)
    default_storage.delete(name)
    default_storage.save(name, ContentFile(file.getvalue()))
    Picture(image=name, width=SIDE, height=SIDE).image.update_all()


def drawing(product: shapes.ProductText) -> Image.Image:
    """The card: a soft light, the thing, its shadow on the ground."""
    card = _card(product.background)
    path = EMOJI / f"{product.emoji}.webp"
    thing = _thing(path) if path.is_file() else _plain(product.background)
    left, top = (SIDE - thing.width) // 2, (SIDE - thing.height) // 2 - 24
    ground = top + thing.height
    card = _shaded(card, thing, left, top, ground)
    card.paste(thing, (left, top), thing)
    return card


def _rgb(tint: str) -> tuple[int, int, int]:
    return int(tint[1:3], 16), int(tint[3:5], 16), int(tint[5:7], 16)


@lru_cache
def _card(tint: str) -> Image.Image:
    """The tint, a little lighter around the middle and a little deeper at the foot."""
    flat = Image.new("RGB", (SIDE, SIDE), tint)
    light = Image.radial_gradient("L").resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    light = light.point(lambda value: max(0, 150 - value))
    lit = Image.composite(Image.new("RGB", (SIDE, SIDE), "#ffffff"), flat, light)
    depth = Image.linear_gradient("L").resize((SIDE, SIDE)).point(lambda value: value // 22)
    deep = Image.new("RGB", (SIDE, SIDE), tuple(part * 6 // 10 for part in _rgb(tint)))
    return Image.composite(deep, lit, depth)


def _thing(path: Path) -> Image.Image:
    """The emoji, cut to what is drawn of it and brought to one size."""
    with Image.open(path) as file:
        emoji = file.convert("RGBA")
    emoji = emoji.crop(emoji.getchannel("A").point(lambda a: 255 if a > 8 else 0).getbbox())
    scale = DRAWN / max(emoji.size)
    size = (round(emoji.width * scale), round(emoji.height * scale))
    return emoji.resize(size, Image.Resampling.LANCZOS)


def _plain(tint: str) -> Image.Image:
    """A parcel, where the picture package is not installed."""
    dark = tuple(part * 7 // 10 for part in _rgb(tint))
    middle = tuple(part * 8 // 10 for part in _rgb(tint))
    parcel = Image.new("RGBA", (DRAWN, DRAWN), (0, 0, 0, 0))
    pen = ImageDraw.Draw(parcel)
    pen.rounded_rectangle((40, 130, DRAWN - 40, DRAWN - 10), 36, fill=middle)
    pen.rounded_rectangle((40, 130, DRAWN - 40, 230), 36, fill=dark)
    pen.rectangle((DRAWN // 2 - 34, 130, DRAWN // 2 + 34, 330), fill=dark)
    return parcel


def _shaded(card: Image.Image, thing: Image.Image, left: int, top: int, ground: int) -> Image.Image:
    """The card with a wide faint shadow below the thing and a dark one where it stands."""
    shadow = Image.new("L", (SIDE // 4, SIDE // 4), 0)  # small: it is blurred anyway
    pen = ImageDraw.Draw(shadow)
    middle, half = SIDE // 8, thing.width * 42 // 100 // 4
    foot = ground // 4
    pen.ellipse((middle - half, foot - 4, middle + half, foot + 12), fill=120)
    contact = shadow.filter(ImageFilter.GaussianBlur(5))
    cast = Image.new("L", shadow.size, 0)
    outline = thing.getchannel("A").resize((thing.width // 4, thing.height // 4))
    cast.paste(outline.point(lambda a: a * 70 // 255), (left // 4, top // 4 + 9))
    cast = cast.filter(ImageFilter.GaussianBlur(9))
    mask = ImageChops.lighter(contact, cast).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    dark = card.point(lambda value: value * 35 // 100)
    return Image.composite(dark, card, mask)
