"""Pictures as people send them, and as they are kept: small, drawn anew, without anything that hides in a file."""

import io

from PIL import Image, ImageOps, UnidentifiedImageError

from services.chassis.errors import Unprocessable
from services.identity.aside import aside

# By content, whatever the name or the header says; SVG is a document with scripts, not a picture.
FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
MEDIA_TYPE = "image/webp"
_EDGE = 512
_MOST_PIXELS = 40_000_000
# Pillow only warns; the limit below refuses.
Image.MAX_IMAGE_PIXELS = None


def cleaned(data: bytes, most: int) -> bytes:
    """The first frame as WebP, at most 512 pixels on each side, without its metadata. Raises Unprocessable for what is no picture."""
    if len(data) > most:
        raise Unprocessable("picture_too_large", f"a picture has at most {most} bytes")
    return aside(lambda: _redrawn(data))


def _redrawn(data: bytes) -> bytes:
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as found:
            # Announced in the header: what would unfold to gigabytes is never unfolded.
            if found.width * found.height > _MOST_PIXELS:
                raise Unprocessable("picture_too_large", f"a picture has at most {_MOST_PIXELS} pixels")
            found.draft("RGB", (_EDGE * 2, _EDGE * 2))
            image = ImageOps.exif_transpose(found).convert("RGBA" if found.has_transparency_data else "RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError):
        raise Unprocessable("picture_unreadable", f"send a picture in one of these formats: {', '.join(FORMATS)}") from None
    image.thumbnail((_EDGE, _EDGE))
    written = io.BytesIO()
    image.save(written, "WEBP", quality=85)
    return written.getvalue()
