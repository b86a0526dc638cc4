"""Posters to print on A4: a code to scan, what it is for, and the address for whoever cannot scan.

Drawn with Pillow in black and white at 300 dots an inch: what an office's printer prints, and a phone reads.
The font is a file of the system, or the one that `HXS_FONT` names; none is shipped (docs/adr/0014).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

import segno
from PIL import Image, ImageDraw, ImageFont

from services.meetings.documents.fields import About
from shared.platform.language import Text
from shared.platform.problems import ProblemType, UnavailableError, add_types

Format = Literal["pdf", "png"]

DOTS_PER_INCH = 300
WIDTH, HEIGHT, MARGIN = 2480, 3508, 220  # A4
WHITE, BLACK = 1, 0
QUIET_MODULES = 4  # of white around a code, without which phones do not find it
CODE_WIDTH = 1200  # 10 cm, read from two metres; the rest of the page has room for the longest texts
SMALLEST = 32  # letters of nearly 3 mm
HEADING_SIZES = (230, 170)  # in one line, in two

FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-sans-cjk-fonts/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
    "/System/Library/Fonts/PingFang.ttc",
    "/System/Library/Fonts/STHeiti Medium.ttc",
    "C:/Windows/Fonts/msyh.ttc",
    "C:/Windows/Fonts/simhei.ttf",
)
"""Where systems keep a font with Chinese characters; the first that is there is taken."""

SIMPLIFIED = 2  # of the faces in a file of Noto Sans CJK: JP, KR, SC, TC, HK

NO_FONT = "font-missing"
add_types([ProblemType(NO_FONT, 503, Text("缺少中文字体", "A font with Chinese characters is missing"))])


class FontMissingError(UnavailableError):
    """There is no font with Chinese characters, or the one that is set is no font; the operator helps."""

    def __init__(self) -> None:
        detail = Text(
            "服务器上没有可用的中文字体；请安装 fonts-wqy-microhei，或用 HXS_FONT 指定字体文件。",
            "The server has no Chinese font: install fonts-wqy-microhei, or name a font's file in HXS_FONT.",
        )
        super().__init__(detail, code=NO_FONT, retry_after_seconds=3600)


def font_file(own: Path | None, known: tuple[str, ...] = FONTS) -> Path:
    """Return the font to draw with.

    Args:
        own: the one that is set.
        known: where else to look.

    Raises:
        FontMissingError: there is none.
    """
    if own is not None:
        return own
    for path in map(Path, known):
        if path.is_file():
            return path
    raise FontMissingError


@lru_cache(64)
def _font(path: Path, size: int) -> ImageFont.FreeTypeFont:
    face = SIMPLIFIED if path.name.startswith("NotoSansCJK") else 0
    try:
        return ImageFont.truetype(str(path), size, index=face)
    except OSError:
        raise FontMissingError from None


@dataclass(frozen=True)
class Poster:
    """What a poster says, from top to bottom.

    Attributes:
        heading: what it is about, in the largest letters.
        place: whose it is: a venue, or day and place of a meeting; a line each.
        call: what scanning is for.
        url: what the code leads to.
        steps: how it goes on, a line each.
        issuer: who put it up.
    """

    heading: str
    place: tuple[str, ...]
    call: str
    url: str
    steps: tuple[str, ...]
    issuer: str


def of_venue(title: str, division: str, url: str) -> Poster:
    """Return the poster of a venue: scan to propose a topic."""
    return Poster(
        heading="有事多商量",
        place=(title,),
        call="扫一扫，提出您关心的议题",
        url=url,
        steps=(
            "一、微信或手机相机扫码，不需要注册账号；",
            "二、写下您关心的事，可以不留姓名和电话；",
            "三、记下回执号和查询码，随时查看进展。",
        ),
        issuer=division,
    )


def of_meeting(about: About, url: str) -> Poster:
    """Return the poster of a meeting: scan to see it and to register."""
    return Poster(
        heading=about.title,
        place=(f"时间：{about.time}", f"地点：{about.place}"),
        call="扫一扫，了解并报名参加协商",
        url=url,
        steps=(
            "一、微信或手机相机扫码，查看协商活动；",
            "二、登录后报名；名额已满时自动候补，有空位即通知；",
            "三、到会时出示签到码，或由工作人员代为签到。",
        ),
        issuer=about.division,
    )


class _Sheet:
    """A white page, filled from top to bottom."""

    def __init__(self, font: Path) -> None:
        self.image = Image.new("1", (WIDTH, HEIGHT), WHITE)
        self._draw = ImageDraw.Draw(self.image)
        self._draw.fontmode = "1"
        self._font = font
        self.y = MARGIN

    def text(self, text: str, size: int, *, lines: int = 1, weight: int = 0) -> None:
        """Write a text in the middle; where it takes more lines than there are, in smaller letters."""
        wrapped = list(self._wrap(text, _font(self._font, size)))
        while len(wrapped) > lines and size > SMALLEST:
            size -= 2
            wrapped = list(self._wrap(text, _font(self._font, size)))
        for line in wrapped:
            font = _font(self._font, size)
            position = (WIDTH / 2, self.y)
            # A stroke of the same colour stands for a bold face, which the font may not have.
            self._draw.text(position, line, BLACK, font, "ma", stroke_width=weight)
            self.y += round(size * 1.4)

    def _wrap(self, text: str, font: ImageFont.FreeTypeFont) -> Iterator[str]:
        # Chinese breaks anywhere; closing punctuation does not begin a line.
        line = ""
        for sign in text:
            if font.getlength(line + sign) > WIDTH - 2 * MARGIN and sign not in "，。；：、）”":
                yield line
                line = ""
            line += sign
        yield line

    def heading(self, text: str) -> None:
        """Write what the page is about."""
        in_one, in_two = HEADING_SIZES
        fits = _font(self._font, in_one).getlength(text) <= WIDTH - 2 * MARGIN
        self.text(text, in_one if fits else in_two, lines=1 if fits else 2, weight=2)

    def code(self, url: str) -> None:
        """Draw a code: each module a whole number of dots, so that its edges stay sharp."""
        matrix = segno.make(url, error="q", micro=False).matrix
        modules = len(matrix)
        dots = CODE_WIDTH // (modules + 2 * QUIET_MODULES)
        image = Image.new("1", (modules, modules), WHITE)
        image.putdata([BLACK if module else WHITE for row in matrix for module in row])
        size = modules * dots
        self.image.paste(
            image.resize((size, size), Image.Resampling.NEAREST),
            ((WIDTH - size) // 2, self.y + QUIET_MODULES * dots),
        )
        self.y += size + 2 * QUIET_MODULES * dots

    def gap(self, dots: int) -> None:
        """Leave white."""
        self.y += dots

    def line(self) -> None:
        """Draw a line across."""
        self._draw.line((MARGIN, self.y, WIDTH - MARGIN, self.y), BLACK, 6)


def draw(poster: Poster, font: Path) -> Image.Image:
    """Return a poster as an image.

    Raises:
        FontMissingError: the font's file is no font.
    """
    sheet = _Sheet(font)
    sheet.heading(poster.heading)
    sheet.gap(40)
    for line in poster.place:
        sheet.text(line, 92, lines=2)
    sheet.gap(40)
    sheet.line()
    sheet.gap(60)
    sheet.text(poster.call, 130, weight=1)
    sheet.code(poster.url)
    sheet.text(poster.url, 52)
    sheet.gap(70)
    for step in poster.steps:
        sheet.text(step, 80)
        sheet.gap(12)
    sheet.y = HEIGHT - MARGIN - 120
    sheet.text(poster.issuer, 84)
    return sheet.image


def written(poster: Poster, font: Path, format_: Format) -> bytes:
    """Return a poster as a file, ready to print.

    Raises:
        FontMissingError: the font's file is no font.
    """
    content = BytesIO()
    more: dict[str, Any] = {"title": poster.heading} if format_ == "pdf" else {}
    dots = (DOTS_PER_INCH, DOTS_PER_INCH)
    draw(poster, font).save(content, format_.upper(), dpi=dots, resolution=DOTS_PER_INCH, **more)
    return content.getvalue()
