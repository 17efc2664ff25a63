"""`approvals.soap`: one operation, a text in, and a text out that is XML or JSON again ("标准 Web Service").

The answer is parsed without entities, files or network. Real services put GBK into answers declared as UTF-8, and
faults and error codes into the text.
"""

from __future__ import annotations

from typing import Any, ClassVar
from xml.sax.saxutils import escape

from lxml import etree

from collectors.approvals.answers import document_of, require_ok, rows_of, total_of
from collectors.approvals.http_feed import HttpCaseFeed, PageAnswer, PageRequest
from collectors.approvals.progress import Rows
from collectors.charset import decoded
from collectors.errors import UnexpectedForm

ENVELOPES = {"1.1": "http://schemas.xmlsoap.org/soap/envelope/", "1.2": "http://www.w3.org/2003/05/soap-envelope"}


class SoapCaseFeed(HttpCaseFeed):
    """Rows over SOAP."""

    kinds: ClassVar[tuple[str, ...]] = ("approvals.soap",)

    @property
    def paged(self) -> bool:
        return any("{page}" in text for text in self.source.argument.values())

    async def page(self, request: PageRequest) -> PageAnswer:
        """Fetch one page. Raises UnexpectedForm for a fault, an error code, or an answer without rows."""
        operation = request.table.path or self.source.operation
        text = await self._call(operation, request.since, request.number)
        return self._answer(text) if text else PageAnswer([])

    async def _call(self, operation: str, since: float, page: int) -> bytes:
        """The text of the operation's answer, as bytes. Raises UnexpectedForm for a fault."""
        source = self.source
        values = {"since": self.since_text(since), "page": str(page), "size": str(source.page)}
        arguments = "".join(
            f"<{name}>{escape(_filled(text, values))}</{name}>" for name, text in source.argument.items()
        )
        space = f' xmlns="{escape(source.namespace)}"' if source.namespace else ""
        envelope = ENVELOPES[source.version]
        request = (
            f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="{envelope}"><s:Body>'
            f"<{operation}{space}>{arguments}</{operation}></s:Body></s:Envelope>"
        )
        kind = "application/soap+xml" if source.version == "1.2" else "text/xml"
        headers = {"Content-Type": f"{kind}; charset=utf-8", "SOAPAction": f'"{source.namespace}{operation}"'}
        body = await self.client.ask("POST", self.settings.url, body=request.encode(), headers=headers, also=(500,))
        return answer_text(body)

    def _answer(self, text: bytes) -> PageAnswer:
        if self.source.inner == "json":
            document: Any = document_of(text)
            require_ok(document, self.source)
            return PageAnswer(rows_of(document, self.source.rows), total=total_of(document, self.source))
        root = parsed(text)
        tree = tree_of(root)
        require_ok(tree, self.source)
        path = self.source.rows.removeprefix(f"{etree.QName(root).localname}/")
        rows: Rows = [
            {etree.QName(child).localname: child.text for child in row if isinstance(child.tag, str)}
            for row in root.iterfind(path)
        ]
        return PageAnswer(rows, total=total_of(tree, self.source))


def _filled(text: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def answer_text(body: bytes) -> bytes:
    """The text inside the answer's body. Raises UnexpectedForm for a fault, and without a SOAP envelope."""
    root = parsed(body)
    content = root.find("{*}Body")
    if content is None or not len(content):
        raise UnexpectedForm("not a SOAP envelope", "应答不是 SOAP 信封")
    first = content[0]
    if etree.QName(first).localname == "Fault":
        fault = " ".join(" ".join(first.itertext()).split())[:120]
        raise UnexpectedForm(f"SOAP fault: {fault}", f"SOAP 错误：{fault}")
    return "".join(first.itertext()).strip().encode()


def parsed(raw: bytes) -> Any:
    """The root of an XML document without entities. A declared encoding that is wrong is tried as GB 18030.

    Raises UnexpectedForm.
    """
    if b"<!DOCTYPE" in raw or b"<!ENTITY" in raw:
        raise UnexpectedForm("a document type is not accepted", "不接受带 DOCTYPE 的应答")
    text = raw.lstrip()
    if text.startswith(b"<?xml"):
        text = text[text.find(b"?>") + 2 :]
    try:
        return etree.fromstring(decoded(text), etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    except (etree.XMLSyntaxError, ValueError) as error:
        raise UnexpectedForm(f"not XML: {error}", f"应答不是 XML：{error}") from error


def tree_of(element: Any) -> Any:
    """An element as a document for paths: its children by name, texts as leaves."""
    children = [child for child in element if isinstance(child.tag, str)]
    if not children:
        return element.text
    return {etree.QName(child).localname: tree_of(child) for child in children[:200]}
