"""A codebook alone as a REFI-QDA file (.qdc), in and out."""

from __future__ import annotations

from collections.abc import Sequence

from lxml import etree

from pipeline.containers import damaged, xml
from pipeline.exchange.package import CODEBOOK
from pipeline.exchange.project import ProjectCode
from pipeline.exchange.refi_read import read_codes
from pipeline.exchange.refi_write import code_elements, xml_text

NAMESPACE = "urn:QDA-XML:codebook:1.0"


def read_qdc(data: bytes, name: str) -> tuple[tuple[ProjectCode, ...], str]:
    """The codes of a .qdc file, parents before children, and the program that wrote it.

    Files of older versions of the standard, and ones that the schema refuses, are read as far as they go.
    Raises `StudyError` for a file that is no codebook.
    """
    root = xml(data, name, CODEBOOK)
    if etree.QName(root).localname != "CodeBook" or "QDA-XML" not in (etree.QName(root).namespace or ""):
        raise damaged(name, CODEBOOK)
    groups = [one for one in root if etree.QName(one).localname == "Codes"]
    return tuple(code for group in groups for code in read_codes(group)), root.get("origin", "")


def write_qdc(codes: Sequence[ProjectCode], origin: str = "Second Coder") -> bytes:
    """Codes as the bytes of a .qdc file; the same codes give the same bytes."""
    root = etree.Element(f"{{{NAMESPACE}}}CodeBook", nsmap={None: NAMESPACE})
    root.set("origin", xml_text(origin))
    code_elements(etree.SubElement(root, f"{{{NAMESPACE}}}Codes"), codes)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="utf-8"))
