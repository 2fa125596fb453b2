"""The review packet: one HTML file that a coder opens in any browser, and the decisions file it gives."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from pipeline.errors import StudyError
from pipeline.records import Code, Codebook
from pipeline.review.batch import Batch, Item, Returned, ReturnedItem

MARK = "secondcoder decisions"
FORMAT = 1
_KEYS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ12345678"
"""The keys that stand for codes; 0 and 9 and the signs are commands."""


def write_packet(batch: Batch, codebook: Codebook) -> bytes:
    """Write a batch as one self-contained HTML page that needs no server and no network.

    The talk travels as data in which every `<` is escaped, and the page's policy lets no script run but its
    own: a transcript that holds HTML is shown as the text it is.
    """
    style, script = _part("packet.css"), _part("packet.js")
    environment = Environment(
        loader=PackageLoader("pipeline.review", "."), autoescape=True, undefined=StrictUndefined
    )
    page = environment.get_template("packet.html.j2").render(
        title="Settle what coders disagree on" if batch.adjudication else "Review",
        coder=batch.coder,
        count=len(batch.items),
        blind=batch.blind,
        invented=batch.invented,
        checked=batch.checked,
        style=Markup(style),
        style_hash=_hash(style),
        script=Markup(script),
        script_hash=_hash(script),
        data=Markup(_embedded(_content(batch, codebook))),
    )
    return page.encode("utf-8")


def read_packet(data: bytes, *, where: str) -> Returned:
    """Read the decisions file that a packet gave; raises `StudyError` for a file that is none."""
    try:
        content = json.loads(data.decode("utf-8-sig"))
        if content["kind"] != MARK or content["format"] != FORMAT:
            raise ValueError
        items = [_item(one, place) for place, one in enumerate(content["items"], start=1)]
        return Returned(_text(content["batch"]), _text(content["coder"]), tuple(items))
    except (ValueError, KeyError, TypeError, RecursionError):
        raise StudyError(
            "holds no decisions of a secondcoder packet",
            where=where,
            hint="In the packet, press `Download decisions` and send that file back as it is.",
        ) from None


def _content(batch: Batch, codebook: Codebook) -> dict[str, Any]:
    leaves = codebook.leaves()
    keys = dict(zip((code.id for code in leaves), _KEYS, strict=False))
    names = {code.id: code.name for code in codebook.codes}
    return {
        "format": FORMAT,
        "mark": MARK,
        "batch": batch.id,
        "coder": batch.coder,
        "blind": batch.blind,
        "adjudication": batch.adjudication,
        "codes": [_code(code, keys.get(code.id, ""), _family(code, names)) for code in leaves],
        "items": [_sent(item) for item in batch.items],
    }


def _family(code: Code, names: Mapping[str, str]) -> str:
    """The names of the codes above, from the top."""
    parts = code.id.split(".")
    above = [".".join(parts[:depth]) for depth in range(1, len(parts))]
    return ": ".join(names.get(one, one.rpartition(".")[2].replace("_", " ")) for one in above)


def _code(code: Code, key: str, family: str) -> dict[str, Any]:
    return {
        "id": code.id,
        "name": code.name,
        "family": family,
        "key": key,
        "definition": code.definition,
        "include": code.include,
        "exclude": code.exclude,
        "examples": code.examples,
    }


def _sent(item: Item) -> dict[str, Any]:
    one = item.utterance
    return {
        "id": one.id,
        "hash": one.text_hash,
        "case": one.case,
        "speaker": one.speaker,
        "before": one.previous,
        "text": one.text,
        "after": item.after,
        "said": item.said,
        "offered": [
            {
                "code": each.code,
                "valence": each.valence or "",
                "score": round(each.score, 2),
                "probable": each.kind == "probability",
                "why": item.reasons.get(each.code, ""),
            }
            for each in item.offered
        ],
    }


def _item(one: dict[str, Any], place: int) -> ReturnedItem:
    answers = tuple((_text(code), _text(answer), _text(valence)) for code, answer, valence in one["answers"])
    return ReturnedItem(
        place=f"entry {place}",
        utterance_id=_text(one["id"]),
        text_hash=_text(one["hash"]),
        answers=answers,
        added=tuple((_text(code), _text(valence)) for code, valence in one["added"]),
        nothing=_truth(one["nothing"]),
        unsure=_truth(one["unsure"]),
        note=_text(one["note"]).strip(),
        proposals=tuple(_text(words) for words in one["proposals"]),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError("neither true nor false")
    return value


def _embedded(content: dict[str, Any]) -> str:
    """JSON that can stand inside a script element: nothing in it can end the element or open another."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text


def _part(name: str) -> str:
    text = resources.files("pipeline.review").joinpath(name).read_text(encoding="utf-8")
    return "\n" + text.replace("\r\n", "\n")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
