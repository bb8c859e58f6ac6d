"""An invoice as PDF, CSV and JSON: the same bytes whenever somebody asks, because they come from its event alone."""

from typing import Any

from services.billing.documents import csv, json
from services.billing.documents.paper import Paper

PDF, CSV, JSON = "pdf", "csv", "json"
TYPES = {PDF: "application/pdf", CSV: "text/csv; charset=utf-8", JSON: "application/json"}
# How invoices are printed that are issued now. Another look gets another number: what was issued keeps its own.
LAYOUT = 1


def written(paper: Paper, format: str, font: str = "") -> bytes:
    """``font``: a file with the letters of whom it is made out to, where Latin ones are not enough."""
    if format == PDF:
        return _printed(paper, font)
    return {CSV: csv.written, JSON: json.written}[format](paper)


def _printed(paper: Paper, font: str) -> bytes:
    # Imported here: most processes print nothing, and the library is large.
    from services.billing.documents import pdf

    return {1: pdf.printed}[paper.layout](paper, font)


def told(paper: Paper) -> dict[str, Any]:
    return json.told(paper)


__all__ = ["CSV", "JSON", "LAYOUT", "PDF", "TYPES", "Paper", "told", "written"]
