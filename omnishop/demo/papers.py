"""A page of text as PDF, for documents to download: one font that every reader has."""

LEFT, TOP, LEADING = 60, 770, 22  # points, on A4


def pdf(title: str, lines: list[str]) -> bytes:
    """One A4 page with a title and lines of Latin text."""
    text = [f"BT /F2 20 Tf {LEFT} {TOP} Td ({_escaped(title)}) Tj ET"]
    text += [
        f"BT /F1 12 Tf {LEFT} {TOP - 40 - LEADING * row} Td ({_escaped(line)}) Tj ET"
        for row, line in enumerate(lines)
    ]
    stream = "\n".join(text).encode("cp1252")
    font = "<< /Type /Font /Subtype /Type1 /BaseFont /{} /Encoding /WinAnsiEncoding >>"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 6 0 R"
            b" /Resources << /Font << /F1 4 0 R /F2 5 0 R >> >> >>"
        ),
        font.format("Helvetica").encode(),
        font.format("Helvetica-Bold").encode(),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
    ]
    body, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return body + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\n"
        b"startxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table, len(objects) + 1, len(body))
    )


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
