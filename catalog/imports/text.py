"""Text of other shops: HTML to plain paragraphs, names to codes."""

import hashlib
import re
from html import escape, unescape
from html.parser import HTMLParser

from django.utils.text import slugify

from omnishop.kernel.letters import without_accents

_BLOCKS = {
    *("address", "article", "aside", "blockquote", "dd", "div", "dl", "dt", "fieldset"),
    *("figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header"),
    *("hr", "main", "nav", "ol", "p", "pre", "section", "table", "tr", "ul"),
}
_SILENT = {"script", "style"}


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self.silent += 1
        elif tag in _BLOCKS:
            self.parts.append("\n\n")
        elif tag == "br":
            self.parts.append("\n")
        elif tag == "li":
            self.parts.append("\n– ")
        elif tag in {"td", "th"}:
            self.parts.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self.silent = max(0, self.silent - 1)
        elif tag in _BLOCKS:
            self.parts.append("\n\n")

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.parts.append(re.sub(r"[ \t\r\n\f]+", " ", data))  # not the no-break ones


def html_of(text: str) -> str:
    """A text as HTML that `plain` reads as the same words; left alone where nothing is special."""
    if not re.search(r"[<&]", text):
        return text
    paragraphs = escape(text, quote=False).replace("\n\n", "</p><p>").replace("\n", "<br>")
    return f"<p>{paragraphs}</p>"


def same_words(one: str, other: str) -> bool:
    """Whether two descriptions differ in blanks alone, as HTML does not keep them all."""
    return one == other or _tidy(one) == _tidy(other)


def _tidy(text: str) -> str:
    text = re.sub(r"[ \t\r\f]*\n[ \t\r\f]*", "\n", text.strip())
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t\f]{2,}", " ", text))


def plain(html: str) -> str:
    """The words of an HTML text in paragraphs, without any tag; pages still escape them."""
    if not re.search(r"</?[a-zA-Z]", html):
        return unescape(html).strip()  # no HTML: its line breaks are meant
    parser = _Text()
    parser.feed(html)
    parser.close()
    text = "".join(parser.parts)
    text = re.sub(r"[ \t]*\n[ \t]*", "\n", text)
    text = re.sub(r"[ \t]{2,}", " ", text)
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def code_of(text: str, limit: int) -> str:
    """A lower-case ASCII code of a text, the same one every time.

    Where the letters of the code do not say the text in full (too long, another script, signs
    such as + and &) eight digits of its hash follow, so that two texts rarely share a code.
    """
    spaced = re.sub(r"[./,_'’]", "-", text)
    code = re.sub(r"-{2,}", "-", slugify(spaced)).strip("-")
    letters = without_accents(text)
    said = sum(c.isalnum() for c in letters) == sum(c.isalnum() for c in code)
    signs = any(not (c.isalnum() or c.isspace() or c in "-./,_'’") for c in letters)
    if code and said and not signs and len(code) <= limit:
        return code
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    return f"{code[: limit - 9]}-{digest}".strip("-")
