"""The packet in a real browser: by keyboard, across a reload, with hostile talk, with 2,000 utterances."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli._review_in import batches_of, import_returned
from pipeline.cli._review_out import export_batch
from pipeline.records import Code, Codebook, Suggestion, Utterance
from pipeline.report.agreement import HEADER
from pipeline.report.page import Section, table
from pipeline.report.page import page as report_page
from pipeline.review.batch import Batch, Item
from pipeline.review.packet import write_packet
from pipeline.study import Study, judgements

CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))),
    None,
)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
]
BOOK = Codebook(
    "b",
    "B",
    "",
    (
        Code(
            "context.culture",
            "Culture",
            "Ways of working.",
            ("the ward",),
            ("one manager",),
            ("They said hello.",),
        ),
        Code("context.leadership", "Leadership", "Who backs it."),
        Code("facilitation.role", "Role", "What a peer worker is."),
    ),
)  # their keys are a, b and c
EVIL = "</script><script>document.title = 'taken'</script><img src=x onerror=\"document.title='taken'\"> {}"


def needs_browser() -> None:
    """In CI there must be a browser; elsewhere these tests step back without one."""
    if CHROMIUM is None:
        assert not os.environ.get("CI"), "CI must install Debian's chromium (see .ci/run)"
        pytest.skip("no chromium found: install it to test the packet in a browser")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    needs_browser()
    sync = pytest.importorskip("playwright.sync_api")
    with sync.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A page that fails the test on any fault in its script or breach of its policy."""
    context = browser.new_context(viewport={"width": 1400, "height": 860}, accept_downloads=True)
    context.route("http**://**", lambda route: route.abort())
    faults: list[str] = []
    opened = context.new_page()
    opened.on("pageerror", lambda fault: faults.append(str(fault)))
    opened.on("console", lambda line: faults.append(line.text) if line.type == "error" else None)
    opened.on("request", lambda asked: faults.append(asked.url) if asked.url.startswith("http") else None)
    opened.faults = faults
    yield opened
    context.close()
    assert faults == []


def batch(number: int, *, blind: bool = False, text: str = "They are miles apart, {}.") -> Batch:
    items = []
    for at in range(1, number + 1):
        one = Utterance(f"S1.t{at:04d}.u01", "S1", at, text.format(at), text_hash=f"h{at}", previous="And?")
        shown = [Suggestion(one.id, "context.culture", 0.7, "probability", True)] if at % 2 else []
        items.append(Item(one, () if blind else tuple(shown), {"context.culture": "Telling words: miles"}))
    return Batch("1f2e3d4c", "anna", blind, tuple(items))


def show(page: Any, tmp_path: Path, sent: Batch) -> None:
    file = tmp_path / "packet.html"
    file.write_bytes(write_packet(sent, BOOK))
    page.goto(file.as_uri())


def press(page: Any, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def drawn(page: Any) -> None:
    """Wait until the page has shown what was done: it draws its list with the next picture."""
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def downloaded(page: Any, tmp_path: Path) -> Path:
    with page.expect_download() as waiting:
        page.click("#download")
    file = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(file)
    return file


def answers(file: Path) -> dict[str, Any]:
    return {one["id"]: one for one in json.loads(file.read_bytes())["items"]}


def test_twenty_utterances_by_keyboard_a_reload_and_back(page: Any, tiny_study: Path, tmp_path: Path) -> None:
    """The way of a coder: export, code by keyboard, reload, go on, download, import."""
    add_talk(tiny_study)
    sent = export_batch(tiny_study, coder="anna", to="packet", blind=True)
    assert sent["utterances"] >= 20
    page.goto(Path(sent["file"]).as_uri())
    ids = []
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    for number in range(1, 21):
        ids.append(page.inner_text("#place").split(" · ")[1])
        press(
            page,
            *(
                ("a", "-")
                if number % 4 == 1
                else ("b",)
                if number % 4 == 2
                else ("0",)
                if number % 4 == 3
                else ("9",)
            ),
        )
        if number == 10:
            page.reload()
            assert asked == ["beforeunload"], "it asks before it is left"
            assert page.inner_text("#place").split(" · ")[1] == ids[-1], "it opens where it was left"
        press(page, "ArrowRight")
    assert page.inner_text("#far").startswith("20 of")
    file = downloaded(page, tmp_path)
    page.reload()
    assert asked == ["beforeunload"], "once downloaded, it lets go"
    result = import_returned(tiny_study, file)
    assert (result["problems"], result["added"]) == ([], 20)
    with Study.open(tiny_study).store() as store:
        made = {one.utterance_id: one for one in judgements.decisions(store)}
    assert [made[name].answer for name in ids] == ["accept", "accept", "none", "unsure"] * 5
    assert [made[name].valence for name in ids[:4]] == ["barrier", None, None, None]
    assert {one.seen for one in made.values()} == {"blind"}
    assert import_returned(tiny_study, file)["added"] == 0
    (batch_back,) = batches_of(tiny_study)["batches"]
    assert (batch_back["kind"], batch_back["back"]) == ("packet", 20)


def add_talk(study: Path) -> None:
    """Enough talk for twenty utterances."""
    from pipeline.cli.ingest import ingest_files

    lines = []
    for number in range(24):
        lines.append(f"I: And what happened on day {number}?\n")
        lines.append(
            f"P: We went to the ward on that day and sat with people for {number} hours. It was hard going.\n"
        )
    file = study.parent / "S2PW2.txt"
    file.write_text("".join(lines), encoding="utf-8")
    ingest_files(study, [str(file)])


def test_hostile_talk_is_shown_as_the_text_it_is(page: Any, tmp_path: Path) -> None:
    show(page, tmp_path, batch(3, text=EVIL))
    assert page.title() == "Review for anna"
    assert page.inner_text("#text") == EVIL.format(1)
    assert page.locator("img").count() == 0


def test_the_policy_stops_a_script_that_is_not_its_own(page: Any, tmp_path: Path) -> None:
    show(page, tmp_path, batch(1))
    page.evaluate(
        "() => { const other = document.createElement('script'); "
        "other.textContent = 'document.title = 1'; document.body.append(other); }"
    )
    assert page.title() == "Review for anna"
    assert any("Content Security Policy" in line for line in page.faults)
    page.faults.clear()


def test_suggestions_are_answered_in_turn_and_undone(page: Any, tmp_path: Path) -> None:
    show(page, tmp_path, batch(4))
    press(page, "a")
    assert page.get_attribute("#offered .card", "class") == "card accept"
    press(page, "a")
    assert page.get_attribute("#offered .card", "class") == "card reject"
    press(page, "a")
    assert page.get_attribute("#offered .card", "class") == "card unsure"
    press(page, "Backspace")
    assert page.get_attribute("#offered .card", "class") == "card reject"
    press(page, "c", "+", "Enter")
    assert "S1.t0002" in page.inner_text("#place")
    press(page, ",")
    page.keyboard.type("Ask about 0 and a, please")
    press(page, "Escape", "0", "ArrowRight", "Delete")
    got = answers(downloaded(page, tmp_path))
    assert got["S1.t0001.u01"]["answers"] == [["context.culture", "reject", ""]]
    assert got["S1.t0001.u01"]["added"] == [["facilitation.role", "facilitator"]]
    assert got["S1.t0002.u01"]["note"] == "Ask about 0 and a, please"
    assert got["S1.t0002.u01"]["nothing"] is True
    assert got["S1.t0003.u01"]["answers"] == [["context.culture", "reject", ""]]
    assert set(got) == {"S1.t0001.u01", "S1.t0002.u01", "S1.t0003.u01"}


def test_nothing_applies_and_a_code_never_stand_together(page: Any, tmp_path: Path) -> None:
    show(page, tmp_path, batch(1))
    press(page, "a", "b", "0")
    got = answers(downloaded(page, tmp_path))["S1.t0001.u01"]
    assert (got["answers"], got["added"], got["nothing"]) == ([], [], True)
    press(page, "b")
    got = answers(downloaded(page, tmp_path))["S1.t0001.u01"]
    assert (got["added"], got["nothing"]) == ([["context.leadership", ""]], False)


def test_find_filter_and_the_way_by_tab(page: Any, tmp_path: Path) -> None:
    show(page, tmp_path, batch(30))
    press(page, "/")
    page.keyboard.type("apart, 17.")
    assert page.inner_text("#shown") == "1 shown"
    assert "S1.t0017" in page.inner_text("#place")
    press(page, "Escape", "9")
    assert (page.input_value("#search"), page.inner_text("#shown")) == ("", "")
    page.select_option("#filter", "unsure")
    assert page.inner_text("#shown") == "1 shown"
    page.select_option("#filter", "all")
    page.focus("#offered button >> nth=1")
    press(page, "Space")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "reject Culture", (
        "focus stays"
    )
    assert page.get_attribute("#offered .card", "class") == "card reject"


def test_what_a_screen_reader_is_told(page: Any, tmp_path: Path) -> None:
    show(page, tmp_path, batch(30))
    press(page, "ArrowRight")
    assert page.inner_text("#spoken") == "2 of 30. They are miles apart, 2."
    press(page, "b")
    assert page.inner_text("#spoken") == "Leadership: given"
    page.wait_for_timeout(60)
    option = page.locator("[role=option][aria-selected=true]")
    assert option.get_attribute("aria-posinset") == "2"
    assert option.get_attribute("aria-setsize") == "30"
    assert page.get_attribute("#list", "aria-activedescendant") == option.get_attribute("id")
    nameless = page.evaluate(
        "() => [...document.querySelectorAll('button, input, select, textarea')].filter(one => "
        "!(one.textContent.trim() || one.getAttribute('aria-label') || one.labels?.length)).length"
    )
    assert nameless == 0
    press(page, "?")
    page.uncheck("#single")
    press(page, "Escape", "c")
    assert page.inner_text("#spoken") == "Leadership: given", "single keys can be switched off"


def test_what_happened_is_said_to_the_eye_too(page: Any, tmp_path: Path) -> None:
    show(page, tmp_path, batch(2))
    assert page.inner_text("#kept").strip() == "Kept in this browser."
    press(page, "+")
    assert page.inner_text("#told") == "Give a code first, then its valence"
    press(page, "a", "Backspace")
    assert page.inner_text("#told") == "Undone"
    press(page, "ArrowRight", "ArrowRight")
    assert page.inner_text("#told") == "This is the last one shown"
    press(page, "0", "Home", "a")
    assert page.inner_text("#kept") == "Kept in this browser. Not yet downloaded."
    drawn(page)
    assert page.locator(".one.done").count() == 2
    press(page, "Enter")
    assert page.inner_text("#told") == "Everything shown is done. Download your decisions."
    downloaded(page, tmp_path)
    assert page.inner_text("#kept") == "Kept in this browser. All downloaded."


def test_one_begun_is_told_from_one_done(page: Any, tmp_path: Path) -> None:
    show(page, tmp_path, batch(3))
    press(page, "c")
    drawn(page)
    assert page.locator(".one.begun").count() == 1, "a code was added, the suggestion is not answered"
    assert page.inner_text("#far") == "0 of 3 done"


def test_decisions_go_on_at_another_computer(page: Any, browser: Any, tmp_path: Path) -> None:
    show(page, tmp_path, batch(4))
    press(page, "a", "-", "ArrowRight", "b", ",")
    page.keyboard.type("half way")
    press(page, "Escape")
    file = downloaded(page, tmp_path)
    before = answers(file)
    other = browser.new_context(accept_downloads=True).new_page()
    other.goto((tmp_path / "packet.html").as_uri())
    assert other.inner_text("#far") == "0 of 4 done", "another computer knows of nothing"
    other.set_input_files("#file", file)
    other.locator("#told", has_text="2 utterances").wait_for(state="attached")
    assert other.inner_text("#far") == "2 of 4 done"
    other.reload()
    assert answers(downloaded(other, tmp_path)) == before
    strange = tmp_path / "strange.json"
    for text in ("no json", "[]", "null", "{}", file.read_text().replace("1f2e3d4c", "00000000")):
        strange.write_text(text)
        other.set_input_files("#file", strange)
        other.locator("#told", has_text="no decisions").wait_for(state="attached")
    assert answers(downloaded(other, tmp_path)) == before
    other.keyboard.press("Home")
    other.set_input_files("#file", file)
    other.locator("#told", has_text="2 utterances").wait_for(state="attached")
    other.context.close()


def test_a_shared_computer_can_be_made_to_forget(page: Any, tmp_path: Path) -> None:
    show(page, tmp_path, batch(2))
    press(page, "b", ",")
    page.keyboard.type("as she said")
    press(page, "Escape", "?")
    asked: list[str] = []
    page.once("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    page.click("#forget")
    assert "Download them first" in asked[0]
    assert page.evaluate("Object.keys(localStorage).length") > 0, "not without a yes"
    page.once("dialog", lambda dialog: dialog.accept())
    with page.expect_navigation():
        page.click("#forget")
    assert page.inner_text("#far") == "0 of 2 done"
    assert answers(downloaded(page, tmp_path)) == {}


def test_two_tabs_of_one_packet_hold_the_same(page: Any, tmp_path: Path) -> None:
    show(page, tmp_path, batch(4))
    second = page.context.new_page()
    second.goto(page.url)
    second.keyboard.press("ArrowRight")
    second.keyboard.press("b")
    page.locator("#far", has_text=re.compile(r"^1 of")).wait_for(state="attached")
    press(page, "a")
    assert set(answers(downloaded(page, tmp_path))) == {"S1.t0001.u01", "S1.t0002.u01"}
    second.close()


def test_utterances_of_one_code(page: Any, tmp_path: Path) -> None:
    show(page, tmp_path, batch(6))
    press(page, "ArrowRight", "b")
    page.select_option("#filter", label="Leadership")
    assert page.inner_text("#shown") == "1 shown"
    page.select_option("#filter", label="Culture")
    assert page.inner_text("#shown") == "3 shown", "where it is suggested"
    page.select_option("#filter", label="Role")
    page.wait_for_timeout(60)
    assert page.inner_text("#tall") == "Nothing here. Change what is searched or shown."


@pytest.mark.parametrize("width", [360, 700, 1000, 1280])
def test_narrow_windows_show_the_utterance_and_the_way_on(page: Any, tmp_path: Path, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 700})
    show(page, tmp_path, batch(2000))
    assert page.locator("[role=option]").count() < 40, "the list stays a screenful"
    page.click("#next")
    page.wait_for_timeout(60)
    assert page.evaluate("document.documentElement.scrollWidth") <= width, "nothing lies beside the window"
    for part in ("#text", "#next", "#nothing"):
        box = page.locator(part).bounding_box()
        assert 0 <= box["y"] <= 700 - box["height"], f"{part} is in view"


CONTRAST = """() => {
  const rgb = (text) => (text.match(/[0-9.]+/g) || []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, at) => sum + c * [0.2126, 0.7152, 0.0722][at], 0);
  const behind = (one) => {
    for (let at = one; at; at = at.parentElement) {
      const found = rgb(getComputedStyle(at).backgroundColor);
      if (found.length === 3 || found[3] > 0.99) return found;
    }
    return [255, 255, 255];
  };
  const bad = [];
  for (const one of document.querySelectorAll("body *")) {
    const own = [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || !one.checkVisibility()) continue;
    if (one.closest("[aria-disabled=true], script, option, .unseen, .skip")) continue;
    const [low, high] = [light(rgb(getComputedStyle(one).color)), light(behind(one))].sort((a, b) => a - b);
    const ratio = (high + 0.05) / (low + 0.05);
    if (ratio < 4.5) bad.push(`${one.tagName} ${one.className} ${ratio.toFixed(1)}`);
  }
  return bad;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_word_stands_out_from_its_ground(page: Any, tmp_path: Path, scheme: str) -> None:
    """Contrast of 4.5 and more (WCAG 2.2, 1.4.3), in a light and in a dark room."""
    page.emulate_media(color_scheme=scheme)
    show(page, tmp_path, batch(6))
    for keys in (("a", "+"), ("a",), ("a",), ("b", "-"), ("9",), ("ArrowRight", "0", "+")):
        press(page, *keys)
        page.wait_for_timeout(200)
        assert page.evaluate(CONTRAST) == []
    press(page, "?")
    assert page.evaluate(CONTRAST) == []
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (dark == "rgb(17, 24, 28)") == (scheme == "dark")


def test_two_thousand_utterances_draw_a_screenful(page: Any, tmp_path: Path) -> None:
    show(page, tmp_path, batch(2000))
    assert page.locator("[role=option]").count() < 40
    press(page, *["ArrowRight"] * 40)
    page.wait_for_timeout(60)
    assert page.locator("[role=option]").count() < 40
    assert page.locator("[role=option][aria-selected=true]").is_visible()


def test_a_report_s_table_of_long_codes_shows_its_last_column(page: Any, tmp_path: Path) -> None:
    row = [
        "facilitation.flexibility_consistency",
        "1176",
        *[".90"] * 3,
        ".86\N{NO-BREAK SPACE}to\N{NO-BREAK SPACE}.95",
        *[".90"] * 4,
    ]
    made = table(HEADER, [[*row, "112", "16", "3", "28,356", "rely, substantial"]])
    html = report_page(
        title="T", subtitle="", figures=[], sections=[Section("a", "A", (made,))], version="1", date=""
    )
    (tmp_path / "page.html").write_text(html, encoding="utf-8")
    page.goto((tmp_path / "page.html").as_uri())
    hidden = "(wide => wide.scrollWidth - wide.clientWidth)(document.querySelector('.wide'))"
    assert page.evaluate(hidden) == 0
