import io
from collections.abc import Iterator, Sequence

from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from services.billing.documents.paper import Paper, described

_WIDTH, _HEIGHT = A4
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, _WIDTH - 56, _HEIGHT - 56, 72
_TEXT, _STEP = 9, 13
_TITLES = {"invoice": "Invoice", "credit_note": "Credit note"}
_WORDS = 265
_HELVETICA = "Helvetica"


def printed(paper: Paper, font_file: str) -> bytes:
    """The first layout. Neither the clock nor chance goes into the file, nor what this machine's zlib makes of it."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=1, pageCompression=0)
    canvas.setTitle(f"{_TITLES[paper.kind]} {paper.number}")
    sheet = _Sheet(canvas, _font(font_file), paper.number)
    _head(sheet, paper)
    _table(sheet, paper)
    sheet.end()
    canvas.save()
    return out.getvalue()


class _Sheet:
    """A pen that goes down the page, and on to the next one."""

    def __init__(self, canvas: Canvas, font: str, number: str) -> None:
        self.canvas, self.font, self.number, self.y = canvas, font, number, _TOP
        self.style()

    def style(self, size: int = _TEXT, *, bold: bool = False) -> None:
        self.canvas.setFont(f"{self.font}-Bold" if bold and self.font == _HELVETICA else self.font, size)

    def room(self, lines: int) -> None:
        if self.y - lines * _STEP < _BOTTOM:
            self.end()
            self.y = _TOP
            self.style()

    def end(self) -> None:
        """Of a page."""
        self.style()
        self.y = _BOTTOM - 2 * _STEP
        self.write(f"{self.number}, page {self.canvas.getPageNumber()}", _RIGHT, right=True)
        self.canvas.showPage()

    def write(self, text: str, x: float = _LEFT, *, right: bool = False) -> None:
        shown = self.writable(text)
        (self.canvas.drawRightString if right else self.canvas.drawString)(x, self.y, shown)

    def writable(self, text: str) -> str:
        """Without a font of its own a file has the letters of Windows-1252 and no others."""
        return text if self.font != _HELVETICA else text.encode("cp1252", "replace").decode("cp1252")

    def down(self, steps: float = 1) -> None:
        self.y -= steps * _STEP

    def rule(self) -> None:
        self.canvas.line(_LEFT, self.y + 4, _RIGHT, self.y + 4)
        self.down()


def _head(sheet: _Sheet, paper: Paper) -> None:
    for text in _lines_of(paper.issuer):
        sheet.write(text)
        sheet.down()
    sheet.down(2)
    sheet.style(16, bold=True)
    sheet.write(f"{_TITLES[paper.kind]} {paper.number}")
    sheet.style()
    sheet.down(2)
    for text in _facts(paper):
        sheet.write(text)
        sheet.down()
    sheet.down()
    for text in _addressee(paper):
        sheet.write(text)
        sheet.down()
    sheet.down(2)


def _facts(paper: Paper) -> Iterator[str]:
    yield f"Issued {paper.issued_at.date()}"
    if paper.corrects:
        yield f"Corrects invoice {paper.corrects}"
    elif paper.total:
        yield f"To be paid until {paper.due_at.date()}"
    yield f"Workspace {paper.workspace_id}"


def _addressee(paper: Paper) -> Iterator[str]:
    for name in ("name", "address", "country", "tax_id", "email"):
        yield from _lines_of(paper.billed_to.get(name, ""))


def _lines_of(text: str) -> Sequence[str]:
    return [line for part in text.replace("|", "\n").splitlines() if (line := part.strip())]


def _table(sheet: _Sheet, paper: Paper) -> None:
    sheet.style(bold=True)
    _row(sheet, ["Description"], "Quantity", "Price", paper.currency)
    sheet.style()
    sheet.rule()
    for line in paper.lines:
        words = simpleSplit(sheet.writable(described(line)), sheet.font, _TEXT, _WORDS)
        price = paper.money(line["unit_price"]) if "unit_price" in line else ""
        sheet.room(len(words) + 1)
        _row(sheet, words, str(line.get("quantity", "")), price, paper.money(line["amount"]))
    sheet.room(2)
    sheet.rule()
    sheet.style(bold=True)
    _row(sheet, ["Total"], "", "", paper.money(paper.total))


def _row(sheet: _Sheet, words: Sequence[str], quantity: str, price: str, amount: str) -> None:
    for x, text in ((_LEFT + 345, quantity), (_LEFT + 410, price), (_RIGHT, amount)):
        sheet.write(text, x, right=True)
    for word in words:
        sheet.write(word)
        sheet.down()


def _font(file: str) -> str:
    if not file:
        return _HELVETICA
    if file not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(TTFont(file, file))
    return file
