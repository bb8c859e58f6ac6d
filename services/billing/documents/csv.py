import csv
import io

from services.billing.documents.paper import Paper, described

_COLUMNS = ("number", "kind", "issued_at", "currency", "description", "quantity", "unit_price", "days", "of_days", "amount", "events")


def written(paper: Paper) -> bytes:
    """One row a line and one for the total; amounts as decimal numbers."""
    text = io.StringIO(newline="")
    rows = csv.writer(text, lineterminator="\r\n")
    rows.writerow(_COLUMNS)
    head = (paper.number, paper.kind, paper.issued_at.date().isoformat(), paper.currency)
    for line, events in zip(paper.lines, paper.events, strict=True):
        price = paper.money(line["unit_price"]) if "unit_price" in line else ""
        facts = (line.get("quantity", ""), price, line.get("days", ""), line.get("of_days", ""), paper.money(line["amount"]))
        rows.writerow([*head, _harmless(described(line)), *facts, " ".join(events)])
    rows.writerow([*head, "Total", "", "", "", "", paper.money(paper.total), ""])
    return text.getvalue().encode()


def _harmless(text: str) -> str:
    """A reason that somebody wrote must not become a formula in a spreadsheet."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text
