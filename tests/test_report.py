"""The report as a page: escaped, self-contained, with the values that were handed in, in the right order."""

from __future__ import annotations

import base64
import hashlib
import html as entities
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli import main
from pipeline.cli.report import report_study
from pipeline.records import Decision
from pipeline.report import cases, closing, opening
from pipeline.report.case_pictures import xy_plot
from pipeline.report.page import Cell, Figure, Quote, Section, Text, image, page, table
from pipeline.study import Study, judgements

EVIL = '<script>alert("x")</script><img src=http://evil.example/a.png onerror=1>'
CODES = ("context.culture", "facilitation.role")
Output = pytest.CaptureFixture[str]


def a_page(*sections: Section, **more: Any) -> str:
    given = {"title": "T", "subtitle": "", "figures": [], "version": "1", "date": "1 May 2026", **more}
    return page(sections=sections, **given)


class Tags(HTMLParser):
    """Every tag with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def nothing_from_outside(html: str) -> None:
    """No tag that loads or runs anything, no address, and a policy that would not let it."""
    tags = Tags(html).found
    assert {"html", "style", "main", "section"} <= {tag for tag, _ in tags}
    assert not {tag for tag, _ in tags} & {
        "script",
        "iframe",
        "object",
        "embed",
        "link",
        "form",
        "base",
        "svg",
    }
    for tag, attributes in tags:
        assert not [name for name in attributes if name.startswith("on") or name == "style"], tag
        for name in ("src", "href", "srcset", "action"):
            assert (attributes.get(name) or "#").startswith(("#", "data:image/png;base64,")), tag
    assert not re.search(r"url\(|@import", html[: html.index("</style>")])
    assert "default-src 'none'" in html


def test_every_text_is_escaped() -> None:
    blocks = (
        *(Text(EVIL, kind) for kind in ("text", "heading", "theme", "notice", "says", "soft")),
        Quote(EVIL, EVIL),
        table((EVIL, "n"), [(EVIL, "1")], caption=EVIL),
    )
    html = a_page(
        Section("a", EVIL, blocks),
        title=EVIL,
        subtitle=EVIL,
        notices=[EVIL],
        figures=[Figure(EVIL, EVIL)],
        foot=EVIL,
    )
    nothing_from_outside(html)
    assert html.count("&lt;script&gt;") >= 17


def test_the_policy_names_the_style_sheet_by_its_hash_and_there_is_no_other_style() -> None:
    html = a_page(Section("a", "A", (table(("a", "b"), [("x", Cell("2 of 4", 0.5))]),)))
    style = re.search(r"<style>(.*?)</style>", html, re.S)
    assert style
    digest = base64.b64encode(hashlib.sha256(style.group(1).encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in html
    assert "unsafe" not in html
    assert " style=" not in html


def test_shades_follow_the_share() -> None:
    assert [Cell("", tint).step for tint in (None, 0.0, 0.05, 0.5, 1.0)] == [0, 0, 1, 2, 5]


def test_a_picture_has_words_and_its_size() -> None:
    html = a_page(
        Section("a", "A", (image(xy_plot({"S1": 0.9}, {"S1": 0.9}, condition="<A>", outcome="Y")),))
    )
    assert 'alt="1 cases: membership in &lt;A&gt; against Y.' in html
    assert 'width="500"' in html


def test_the_contents_lead_to_every_section() -> None:
    html = a_page(Section("one", "One", ()), Section("two", "Two", ()))
    assert re.findall(r'href="#(\w+)"', html) == re.findall(r'<section id="(\w+)"', html) == ["one", "two"]


@pytest.mark.parametrize("cell", ["12", "0.50", "-0.10", "2 of 4", "0.1 to 0.9", "–", "12 %", "1,200"])
def test_columns_of_numbers_stand_to_the_right(cell: str) -> None:
    assert table(("a",), [(cell,)]).numeric == (True,)


@pytest.mark.parametrize("cell", ["S3", "to", "2026-11-23", "1.2.3 rc", "of", ""])
def test_columns_of_words_stand_to_the_left(cell: str) -> None:
    assert table(("a",), [(cell,)]).numeric == (False,)


def words(section: Section) -> str:
    return entities.unescape(re.sub(r"<[^>]+>", " ", a_page(section).split("</nav>")[1]))


def told(**more: Any) -> cases.Told:
    given: dict[str, Any] = {
        "title": "Culture as a barrier",
        "shown": (("high", "0 of 2", (("S3", "no"),)), ("low", "2 of 2", (("S4", "yes"), ("S6", "unknown")))),
        "against": (cases.Against("Against it: S3 shows it.", (("They laughed at me.", "[S3PW1:4]"),)),),
        "says": "Only low: it marks the group low.",
        "after": ("Falls if S4 is left out.",),
        "quotes": (("Nobody looked up.", "[S4PW1:9]"),),
    }
    counts = {"low": {"present": 2, "of": 2}}
    row = {"code": "context.culture", "valence": "barrier", "pattern": "only low", "counts": counts}
    return cases.Told(**{**given, "row": row, **more})


def test_what_goes_against_a_pattern_comes_before_the_sentence() -> None:
    family = cases.Family("C. Marks low", (told(),))
    text = words(cases.patterns(["Rules."], [family], outliers=["S2 stands apart."], names={}))
    order = [
        "C. Marks low",
        "Culture as a barrier",
        "only low",
        "0 of 2",
        "Against it",
        "They laughed",
        "[S3PW1:4]",
        "it marks the group low",
    ]
    text = text[text.index("C. Marks low") :]
    places = [text.index(one) for one in [*order, "Falls if S4", "Nobody looked up", "B. Outliers"]]
    assert places == sorted(places)


def test_each_case_is_shown_as_what_is_known_of_it() -> None:
    html = a_page(cases.patterns(["Rules."], [cases.Family("C. Marks low", (told(),))], names={}))
    found = [(one["class"], one.get("title")) for tag, one in Tags(html).found if tag == "span"]
    assert [name for name, _ in found if name and name.startswith("case")] == [
        "case no",
        "case yes",
        "case unknown",
    ]


def test_many_cases_are_counted_and_not_shown_one_by_one() -> None:
    many = tuple((f"S{number}", "yes") for number in range(40))
    html = a_page(
        cases.patterns(["R"], [cases.Family("A", (told(shown=(("high", "40 of 40", many),)),))], names={})
    )
    assert "40 of 40" in html
    assert 'class="case' not in html


def test_the_analyst_s_words_stand_under_the_matrix() -> None:
    cell = {"case": "S3", "code": "c", "valence": None, "utterances": 1, "participants": 1, "of": 2}
    cells = [{**cell, "valence": way, "status": "data"} for way in (None, "facilitator", "barrier")]
    said = [cases.Summary("c", "S3", "They <waited> [S3PW1:2]")]
    assert "They <waited> [S3PW1:2]" in words(cases.matrix(cells, {"c": "Culture"}, summaries=said))
    assert "No summary has been written yet" in words(cases.matrix(cells, {}))


def test_without_a_pattern_it_is_said() -> None:
    assert "No pattern yet" in words(cases.patterns(["Rules."], [cases.Family("A", ())], names={}))


def test_what_nobody_reviewed_is_not_a_nought() -> None:
    cell = {"case": "S1", "code": "a", "utterances": 0, "participants": 0, "of": 0, "status": "not_reviewed"}
    text = words(cases.matrix([{**cell, "valence": way} for way in (None, "facilitator", "barrier")], {}))
    assert "not reviewed" in text
    assert "0 of 0" not in text


def test_triage_that_was_not_run_is_said_not_to_have_been() -> None:
    text = words(opening.triage(opening.Reading(100, 40)))
    assert "Triage has not been run" in text
    assert "60 have not" in text
    assert "nothing can be promised" in text
    drawn = (opening.Drawn("control", "2026-11-23T10:00:00", 20, 20),)
    text = words(opening.triage(opening.Reading(100, 40, drawn, {"triage stop": "recall .95"})))
    assert "has not been run" not in text
    assert "nothing can be promised" not in text
    assert "triage stop: recall .95" in text


def test_risk_that_nobody_looked_at_is_said_and_what_was_kept_is_named() -> None:
    given: dict[str, Any] = {"identifiers": 3, "kinds": {"Person": 2}, "checked": "Checked."}
    text = words(opening.privacy(opening.Protection(policy={"AGE": "keep", "DATE": "shift"}, **given)))
    assert "Nobody has yet looked at the risk" in text
    assert "Kept as they were, by the study's settings: AGE." in text
    looked = opening.Protection(policy={}, leftovers=4, combinations=2, withdrawn=1, **given)
    text = words(opening.privacy(looked))
    assert "4 wordings that look like names" in text
    assert "1 transcripts were withdrawn" in text


def test_one_coder_is_said_to_be_one() -> None:
    one = opening.Coding("ann", "coded", "blind", 10, 2, 5, "2026-11-01", "2026-11-02")
    assert "One person coded" in words(opening.coding([one], []))
    two = [one, opening.Coding("ben", "coded", "suggested", 10, 2, 5, "2026-11-01", "2026-11-01")]
    assert "One person coded" not in words(opening.coding(two, []))
    assert "One person coded" in words(closing.limits(coders=1))


def decide(study: Path, coder: str, code: str, kind: str = "coded") -> None:
    """The coder gives one code, as a barrier, to every second utterance; to the others nothing applies."""
    opened = Study.open(study)
    with opened.store() as store:
        judgements.add_decisions(
            store,
            [
                Decision(
                    one.id,
                    one.text_hash,
                    *((code, "accept") if place % 2 == 0 else ("none", "none")),
                    coder,
                    "2026-11-23T10:00:00+00:00",
                    valence="barrier" if place % 2 == 0 else None,
                    kind=kind,  # type: ignore[arg-type]
                    batch_id=coder,
                )
                for place, one in enumerate(store.utterances(opened.case_of()))
            ],
        )


def read(study: Path) -> str:
    html = (study / "reports" / "report.html").read_text(encoding="utf-8")
    nothing_from_outside(html)
    return entities.unescape(html)


def test_an_empty_study_has_a_report_too(new_study: Path) -> None:
    report_study(new_study)
    html = read(new_study)
    assert "No interview has been taken in yet" in html
    assert "Nobody has reviewed anything yet" in html


def test_a_study_nobody_has_coded(tiny_study: Path) -> None:
    assert main(["suggest", str(tiny_study)]) == 0
    assert main(["report", str(tiny_study)]) == 0
    html = read(tiny_study)
    assert "Nobody has coded anything yet" in html
    assert "3 transcripts with" in html
    assert 'id="matrix"' not in html


def test_a_study_with_one_coder_has_patterns_and_no_ceiling(tiny_study: Path) -> None:
    decide(tiny_study, "ann", CODES[0])
    report_study(tiny_study)
    html = read(tiny_study)
    assert "One person coded" in html
    assert 'id="matrix"' in html
    assert "ann" in html


def test_a_study_with_two_coders_shows_the_figures_of_the_audit(tiny_study: Path) -> None:
    from pipeline.cli._audit_study import audit_study
    from pipeline.cli.compare import compare_study

    decide(tiny_study, "ann", CODES[0])
    decide(tiny_study, "ben", CODES[1])
    audited, compared = audit_study(tiny_study), compare_study(tiny_study)
    report_study(tiny_study, audited=audited, compared=compared)
    html = read(tiny_study)
    pair = audited.pairs[0]
    assert f">{pair.overall.figures['percent']:.2f}<".replace("0.", ".") in html
    assert "ann with ben" in html
    assert audited.methods in html
    assert "People agree with each other: kappa" in html
    assert "Only what people reviewed counts." in html
    order = ("glance", "privacy", "coding", "agreement", "triage", "matrix", "patterns", "qca", "methods")
    assert re.findall(r'<section id="(\w+)"', html) == [*order, "limits"]
    assert audited.human_ceiling.undefined is None or audited.human_ceiling.undefined in html


def test_a_changed_text_gives_no_report(tiny_study: Path, capsys: Output) -> None:
    with Study.open(tiny_study).store() as store, store.writing() as db:
        db.execute("UPDATE turns SET text = text || ' More.' WHERE turn_index = 1")
    assert main(["report", str(tiny_study)]) == 1
    assert "swept" in capsys.readouterr().err


def test_markup_in_talk_stays_talk(tiny_study: Path) -> None:
    opened = Study.open(tiny_study)
    with opened.store() as store, store.writing() as db:
        db.execute("UPDATE turns SET text = replace(text, 'welcoming', ?)", (EVIL,))
    with opened.store() as store:
        store.set_swept()
    decide(tiny_study, "ann", CODES[0])
    decide(tiny_study, "ben", CODES[1])
    report_study(tiny_study)
    html = (tiny_study / "reports" / "report.html").read_text(encoding="utf-8")
    nothing_from_outside(html)
    assert "&lt;script&gt;" in html


def test_compare_on_a_study_writes_tables_and_pictures(tiny_study: Path, capsys: Output) -> None:
    decide(tiny_study, "ann", CODES[0])
    assert main(["compare", str(tiny_study)]) == 0
    printed = capsys.readouterr()
    assert "context.culture as a barrier" in printed.out
    assert "S1 of 1" not in printed.out
    made = {file.name for file in (tiny_study / "reports").iterdir()}
    assert {"matrix.xlsx", "matrix.csv", "patterns.csv", "matrix.png"} <= made
    assert (tiny_study / "reports" / "matrix.png").read_bytes().startswith(b"\x89PNG")
    html = (tiny_study / "reports" / "matrix.html").read_text(encoding="utf-8")
    nothing_from_outside(html)
    assert "2 of 2 participants speak of it" in html
    assert "[S1PW1:2" in html
    assert "No person has yet read" in html
    assert f"secondcoder report {tiny_study}" in printed.err


def test_compare_on_a_study_counts_participants(tiny_study: Path, capsys: Output) -> None:
    import json

    decide(tiny_study, "ann", CODES[0])
    assert main(["compare", str(tiny_study), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    cells = {(one["case"], one["code"], one["valence"]): one for one in found["matrix"]}
    assert (cells["S1", CODES[0], "barrier"]["participants"], cells["S1", CODES[0], "barrier"]["of"]) == (
        2,
        2,
    )
    assert cells["S1", CODES[1], "barrier"]["status"] == "none_found"
    assert {one["pattern"] for one in found["patterns"]} == {"insufficient"}, "one case a group says nothing"


def test_the_audit_writes_a_page_with_its_plots(tiny_study: Path, tmp_path: Path, capsys: Output) -> None:
    decide(tiny_study, "ann", CODES[0])
    decide(tiny_study, "ben", CODES[0])
    out = tmp_path / "out"
    assert main(["audit", str(tiny_study), "--out", str(out)]) == 0
    html = (out / "audit.html").read_text(encoding="utf-8")
    nothing_from_outside(html)
    assert "ann with ben" in html
    assert "For the methods section" in html
    for name in ("forest.png", "confusion.png"):
        assert (out / name).read_bytes().startswith(b"\x89PNG")


def test_qca_is_in_the_report_where_it_is_asked_for(tiny_study: Path) -> None:
    decide(tiny_study, "ann", CODES[0])
    report_study(tiny_study)
    assert "was not asked for" in read(tiny_study)
    asked = ("--condition", "HARD=context.culture:barrier", "--outcome", "ROLE=facilitation.role")
    assert main(["report", str(tiny_study), *asked]) == 0
    html = read(tiny_study)
    assert "Outcome ROLE" in html
    assert "Formulas describe these cases" in html
    assert "crisp: in where at least 50 % of its participants say so" in html
    assert "1.00 (2 of 2)" in html
    assert "Crisp-set QCA" in html


def test_the_methods_say_no_more_than_was_done() -> None:
    versions = {"secondcoder": "1", "spacy": "3", "scikit-learn": "1"}
    bare = closing.made_with(versions, "b", "MiniLM", suggested=False, decided=False)
    assert "suggested" not in bare
    assert "Nobody has decided" in bare
    assert "MiniLM" in closing.made_with(versions, "b", "MiniLM", suggested=True, decided=True)


def test_a_random_control_that_is_unread_promises_nothing(tiny_study: Path) -> None:
    assert main(["suggest", str(tiny_study)]) == 0
    assert main(["triage", str(tiny_study), "--draw", "3"]) == 0
    report_study(tiny_study)
    html = read(tiny_study)
    assert "has not been run" not in html
    assert "nothing is promised yet" in html
    assert "to bound what is left unread" in html
