"""Picture sizes are made when a picture is saved, never in a request (UX W2)."""

import io
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, default_storage
from pictures.models import PictureField, PictureFieldFile, PillowPicture
from pictures.utils import source_set
from PIL import Image

WIDTHS = {160, 320, 480, 720}  # pixels; every twelfth of the container would be 24 files
# Speeds at which eight files take a fifth of a second; the slowest would save a tenth of the bytes.
OPTIONS: dict[str, dict[str, int]] = {
    "AVIF": {"quality": 62, "speed": 9},
    "WEBP": {"quality": 80, "method": 1},
}


class Sized(PillowPicture):
    """One size of a picture, encoded fast; transparency is kept only where there is some."""

    def save(self, image: Image.Image) -> None:
        with io.BytesIO() as file:
            self._sized(image).save(file, format=self.file_type, **OPTIONS[self.file_type])
            self.storage.delete(self.name)
            self.storage.save(self.name, ContentFile(file.getvalue()))

    def _sized(self, image: Image.Image) -> Image.Image:
        """The picture at this width, made once for all formats."""
        size = self.width, self.height or self.width * image.height // image.width
        made: dict[tuple[int, int], Image.Image] = image.info.setdefault("made", {})
        if size not in made:
            if size[0] * image.height == size[1] * image.width:  # nothing to cut off
                sized = image.resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0)
            else:
                sized = self.resize(image)
            opaque = sized.getchannel("A").getextrema() == (255, 255)
            made[size] = sized.convert("RGB") if opaque else sized
            made[size].info.clear()
        return made[size]


class FewSizes(PictureFieldFile):
    """The file of a picture, in the widths that pages use."""

    @staticmethod
    def get_picture_files(
        *, file_name: str, img_width: int, img_height: int, storage: Storage, field: PictureField
    ) -> dict[Any, dict[str, dict[int, PillowPicture]]]:
        return {
            ratio: {
                file_type: {
                    width: Sized(file_name, file_type, ratio, storage, width)
                    for width in _widths((img_width, img_height), ratio, field.container_width)
                }
                for file_type in field.file_types
            }
            for ratio in field.aspect_ratios
        }


@lru_cache(maxsize=1024)
def _widths(size: tuple[int, int], ratio: str | None, most: int) -> list[int]:
    """The widths that a picture of this size is large enough for."""
    fitting = source_set(size, ratio=ratio, max_width=most, cols=12)
    return [width for width in fitting if width in WIDTHS]


class SizedPictureField(PictureField):
    """The library's field with `WIDTHS`; migrations know it as the library's."""

    attr_class = FewSizes

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, _path, args, kwargs = super().deconstruct()
        return name, "pictures.models.PictureField", args, kwargs


def public_address(name: str) -> str:
    """Where a stored picture is on the web; "" gives how all such addresses begin."""
    url = default_storage.url(name)
    return url if "://" in url else f"{settings.SITE_URL}/{url.lstrip('/')}"


def make_now(**work: Any) -> None:
    """Make the sizes in the caller's process.

    The library would hand this to Celery when it is installed; a service never enqueues.
    """
    from pictures import tasks  # its models need the app registry

    tasks._process_picture(**work)
