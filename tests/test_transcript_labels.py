"""What real folders hold: sloppy labels, soft breaks, tables, tracked changes, odd captions."""

from __future__ import annotations

import formats
import pytest

from pipeline import transcripts
from pipeline.records import Transcript


def read(text: str, name: str = "talk.txt") -> Transcript:
    return transcripts.read(text.encode(), name)


def said(transcript: Transcript) -> list[tuple[str, str]]:
    return [(turn.speaker, turn.text) for turn in transcript.turns]


def kinds(transcript: Transcript) -> list[list[str]]:
    return [[mark.kind for mark in turn.marks] for turn in transcript.turns]


def word(body: str) -> list[tuple[str, str]]:
    return said(transcripts.read(formats.document_xml(body), "talk.docx"))


# Labels


@pytest.mark.parametrize(
    "phrase",
    [
        "And I said to him: go",
        "I said: go",
        "So: that was that",
        "http://example.org/a is the page",
        "Note: the door was open",
        "10:30 was when we met",
        "10:30 Meeting: we met",
        "Step 2: we went on",
        "11am: we went home",
        "[Note: the door opens] well",
        "for example: the manager",
    ],
)
def test_a_phrase_with_a_colon_is_no_speaker(phrase: str) -> None:
    text = f"I: How was it?\nP: Well,\n{phrase}\nI: And then?\nP: Nothing.\n"
    assert said(read(text)) == [
        ("I", "How was it?"),
        ("P", f"Well, {phrase}"),
        ("I", "And then?"),
        ("P", "Nothing."),
    ]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("I", "P"),
        ("Q", "A"),
        ("INT", "P07"),
        ("INTERVIEWER", "S3PW1"),
        ("Interviewer 2", "FG2-P4"),
        ("Dr. Smith", "R"),
        ("MARIA (mother)", "INT"),
        ("Speaker 1", "Speaker 2"),
        ("SPEAKER_00", "SPEAKER_01"),
        ("B1", "I"),
        ("M", "UNKNOWN"),
        ("María Ángeles", "Jo Lee"),
        ("Several", "I"),
        ("interviewer", "participant"),
        ("I1", "P#2"),
        ("Anne-Marie", "O'Neill"),
    ],
)
@pytest.mark.parametrize("sign", [": ", ":\t", " : ", "\u00a0: ", "："])
def test_shapes_of_labels(first: str, second: str, sign: str) -> None:
    text = "".join(
        f"{who}{sign}{what}\n"
        for who, what in [(first, "How?"), (second, "Fine."), (first, "And?"), (second, "No.")]
    )
    assert said(read(text)) == [(first, "How?"), (second, "Fine."), (first, "And?"), (second, "No.")]


@pytest.mark.parametrize(
    "shape",
    [
        "[{}] {}",
        "<{}> {}",
        "**{}:** {}",
        "{}\t{}",
        "{} - {}",
        "{}. {}",
        "12 {}: {}",
        "{}:\n{}",
        "{}\n[00:00:05]\n{}",
        "{}\n{}\n",
        "00:00:05 {}\n{}",
        "[00:05] {}\n{}\n",
        "0:05 - {}\n{}",
    ],
)
def test_other_signs_of_a_label(shape: str) -> None:
    spoken = [("P3", "How are you?"), ("P4", "Fine."), ("P3", "And now?"), ("P4", "Tired.")]
    assert said(read("\n".join(shape.format(*turn) for turn in spoken))) == spoken


def test_a_remark_in_brackets_is_no_label() -> None:
    text = "P3: I went\n[laughs] and came\n[inaudible 00:12:03]\nP4: Yes.\n[crosstalk 00:10:02] no\nP3: So?"
    transcript = read(text)
    assert said(transcript) == [
        ("P3", "I went [laughs] and came [inaudible 00:12:03]"),
        ("P4", "Yes. [crosstalk 00:10:02] no"),
        ("P3", "So?"),
    ]
    assert kinds(transcript) == [["laughter", "inaudible"], ["crosstalk"], []]


def test_a_slip_in_a_label_still_begins_a_turn() -> None:
    text = "INTERVIEWER: How?\nP: Fine.\n" * 60 + "INTERIVEWER: And?\nP: No.\n"
    assert ("INTERIVEWER", "And?") in said(read(text))


def test_a_name_that_stands_once_in_a_long_text_is_talk() -> None:
    text = "INT: How?\nP: Fine.\n" * 60 + "Sunday: nothing at all\nINT: And?\n"
    assert ("P", "Fine. Sunday: nothing at all") in said(read(text))


def test_lines_without_a_label_continue_and_neighbours_merge() -> None:
    assert said(read("I: One\n\ntwo\n\nI: three\nP: four")) == [("I", "One two three"), ("P", "four")]


def test_header_and_footer_are_kept_but_are_no_talk() -> None:
    text = (
        "Ward study\nDate: 3 May\nInterviewer: Jo Lee\nParticipant: P07\n\n"
        "Interviewer: How was it?\nParticipant: Fine.\n\nTranscribed by https://otter.ai"
    )
    transcript = read(text)
    assert said(transcript) == [
        ("", "Ward study Date: 3 May Interviewer: Jo Lee Participant: P07"),
        ("Interviewer", "How was it?"),
        ("Participant", "Fine."),
        ("", "Transcribed by https://otter.ai"),
    ]
    assert [set(found) for found in kinds(transcript)] == [{"header"}, set(), set(), {"header"}]


def test_a_header_of_many_shapes_before_short_labels() -> None:
    header = (
        "INTERVIEW TRANSCRIPT\nParticipant: S3PW1\nInterviewer: JL\nDate of interview: 3 May\nKey: I = me\n"
    )
    transcript = read(header + "\nI: So?\nP: Well.\nI: Right.\n")
    assert said(transcript)[1:] == [("I", "So?"), ("P", "Well."), ("I", "Right.")]
    assert transcript.turns[0].text.split() == header.split()


def test_talk_that_looks_like_a_cast_list_is_talk() -> None:
    text = "Interviewer: Hello\nParticipant: Hello\nInterviewer: Thanks Maria\nParticipant: Ok\n"
    assert [speaker for speaker, _ in said(read(text))] == ["Interviewer", "Participant"] * 2


def test_a_page_number_does_not_break_a_turn() -> None:
    transcript = read("I: one\nP: two\n\nPage 2 of 5\n\nand (laughs) three\nI: four")
    assert transcript.turns[1].text == "two Page 2 of 5 and (laughs) three"
    assert kinds(transcript)[1] == ["header", "laughter"]


def test_unquoted_separators_in_the_last_column_lose_no_word() -> None:
    assert said(read("speaker;text\nP;Well; there; it was\n", "a.csv")) == [("P", "Well; there; it was")]


def test_typed_line_numbers_go() -> None:
    rows = ["I: How was it", "in the beginning?", "P: We were 12 then,", "I think.", "I: Right.", "P: Yes."]
    text = "\n".join(f"{n:>3} {row}" for n, row in enumerate(rows, 1))
    assert said(read(text)) == said(read("\n".join(rows)))


def test_numbers_that_begin_a_few_lines_stay() -> None:
    assert said(read("I: When?\nP: In\n1998 or so\nI: And?\nP: No."))[1] == ("P", "In 1998 or so")


def test_no_labels_at_all() -> None:
    transcript = read("We were fine.\n\nThey were not.\nAt all.\n")
    assert said(transcript) == [("", "We were fine."), ("", "They were not. At all.")]
    assert any("no speaker labels" in notice.message for notice in transcript.notices)


def test_a_missing_colon_is_told() -> None:
    text = "INT: How?\nPW1: Fine.\nINT And then?\nPW1: No.\n"
    assert ("line 3", "begins like a label whose colon is missing") in [
        (n.place, n.message) for n in read(text).notices
    ]


def test_clock_times_of_hours_and_minutes() -> None:
    text = "".join(f"[0{n // 60}:{n % 60:02d}] {'IP'[n % 2]}: {'word ' * 40}\n" for n in range(75))
    assert read(text).turns[61].start == 61 * 60


def test_times_that_go_back_are_told() -> None:
    text = "[00:01:00] I: How?\n[00:00:30] P: Fine.\n"
    assert any("backwards" in notice.message for notice in read(text).notices)


@pytest.mark.parametrize("said_time", ["10:30", "10:00 - 11:30"])
def test_a_clock_time_that_is_all_somebody_says_is_kept(said_time: str) -> None:
    assert said(read(f"I: When?\nP: {said_time}\nI: Sure?\nP: Well,\n{said_time}\n")) == [
        ("I", "When?"),
        ("P", said_time),
        ("I", "Sure?"),
        ("P", f"Well, {said_time}"),
    ]


def test_zoom_chat() -> None:
    text = "14:31:02 From Ann Bell to Everyone:\n\tHello all\n14:32:10 From Bo to Everyone:\n\tHi: there\n"
    assert said(read(text)) == [("Ann Bell", "Hello all"), ("Bo", "Hi: there")]


def test_teams_older_text() -> None:
    text = "0:0:3.120 --> 0:0:6.480\nDana Okafor\nSo, thanks.\n\n0:0:7.0 --> 0:0:9.480\nJo\nWelcome.\n"
    transcript = read(text)
    assert said(transcript) == [("Dana Okafor", "So, thanks."), ("Jo", "Welcome.")]
    assert (transcript.turns[0].start, transcript.turns[0].end) == (3.12, 6.48)


# Remarks


@pytest.mark.parametrize(
    ("remark", "kind"),
    [
        ("[inaudible 00:12:03]", "inaudible"),
        ("[?]", "inaudible"),
        ("(unclear)", "inaudible"),
        ("[crosstalk]", "crosstalk"),
        ("[laughs]", "laughter"),
        ("((coughs))", "sound"),
        ("(.)", "pause"),
        ("(3)", "pause"),
        ("(0.4)", "pause"),
        ("(...)", "pause"),
        ("(lacht)", "laughter"),
        ("(unv.)", "inaudible"),
        ("<de-identified>", "redacted"),
        ("[NAME]", "redacted"),
        ("XXX", "redacted"),
        ("***", "redacted"),
        ("[the manager]", "remark"),
        ("&=laughs", "laughter"),
    ],
)
def test_remarks_keep_their_place_and_are_marked(remark: str, kind: str) -> None:
    turn = read(f"I: How?\nP: Well {remark} yes.\n").turns[1]
    assert turn.text == f"Well {remark} yes."
    assert [(mark.kind, turn.text[mark.start : mark.end]) for mark in turn.marks] == [(kind, remark)]


@pytest.mark.parametrize("speech", ["it (the ward) was", "the phone (mine) rang", "5 < 6 > 4", "and/or"])
def test_speech_in_brackets_is_not_marked(speech: str) -> None:
    assert read(f"I: How?\nP: Well {speech}.\n").turns[1].marks == ()


# Captions


def test_teams_cues_without_close_tag_with_two_voices_and_entities() -> None:
    vtt = (
        "WEBVTT\n\nNOTE Confidence: 0.9\n\n1/2-0\n00:01.000 --> 00:02.000\n<v Ann Bell>R&amp;D is\nfine\n\n"
        "00:02.000 --> 00:04.000 align:start\n"
        "<v Bo (Guest)>&lt;yes&gt;</v> <v Ann Bell>&#39;so&nbsp;what&#39;</v>\n"
    )
    transcript = read(vtt, "t.vtt")
    assert said(transcript) == [
        ("Ann Bell", "R&D is fine"),
        ("Bo (Guest)", "<yes>"),
        ("Ann Bell", "'so\u00a0what'"),
    ]
    assert [turn.source for turn in transcript.turns] == ["cue 1", "cue 2", "cue 2"]


def test_consecutive_cues_merge_and_keep_the_latest_end() -> None:
    vtt = "WEBVTT\n\n00:01.000 --> 00:09.000\n<v Ann>one</v>\n\n00:02.000 --> 00:03.000\n<v Ann>two</v>\n"
    turn = read(vtt, "t.vtt").turns[0]
    assert (turn.text, turn.start, turn.end, turn.source) == ("one two", 1.0, 9.0, "cue 1-2")


def test_overlapping_cues_keep_their_order() -> None:
    vtt = "WEBVTT\n\n00:05.000 --> 00:09.000\n<v Ann>one</v>\n\n00:04.000 --> 00:06.000\n<v Bo>two</v>\n"
    assert [turn.text for turn in read(vtt, "t.vtt").turns] == ["one", "two"]


def test_zoom_names_and_captions_without_one() -> None:
    rows = [
        "Ana López: Welcome: please start.",
        "Ana López: Ready?",
        "jo 🙂 (she/her): yes",
        "jo 🙂 (she/her): ok",
        "mm",
    ]
    vtt = "WEBVTT\n\n" + "\n".join(
        f"{n}\n00:0{n}.000 --> 00:0{n}.500\n{row}\n" for n, row in enumerate(rows, 1)
    )
    transcript = read(vtt, "GMT.transcript.vtt")
    assert said(transcript) == [
        ("Ana López", "Welcome: please start. Ready?"),
        ("jo 🙂 (she/her)", "yes ok"),
        ("", "mm"),
    ]


def test_sloppy_srt() -> None:
    srt = (
        "\ufeff1\r\n00:00:01.000 --> 00:00:02,000\r\n<i>Ann:</i> one\r\n\r\n"
        "1\r\n00:00:03,000 --> 00:00:02,000\r\n[Bo] two\r\n"
        "7\r\n00:00:04,000 --> 00:00:05,000\r\nAnn: three\r\n\r\nfour"
    )
    transcript = read(srt, "s.srt")
    assert said(transcript) == [("Ann", "one"), ("Bo", "two"), ("Ann", "three four")]


# Word


def test_word_soft_breaks_tracked_changes_controls_and_tables() -> None:
    body = """
    <w:p><w:r><w:t>I:</w:t><w:tab/><w:t>How was</w:t></w:r>
      <w:ins><w:r><w:t xml:space="preserve"> it</w:t></w:r></w:ins>
      <w:del><w:r><w:delText>gone</w:delText></w:r></w:del><w:r><w:t>?</w:t><w:br/><w:t>P: Fine</w:t></w:r>
      <w:hyperlink><w:r><w:t xml:space="preserve"> here</w:t></w:r></w:hyperlink>
      <w:smartTag><w:r><w:t xml:space="preserve"> Leeds</w:t></w:r></w:smartTag>
      <w:sdt><w:sdtContent><w:r><w:t xml:space="preserve"> now</w:t></w:r></w:sdtContent></w:sdt>
      <w:r><w:rPr><w:vanish/></w:rPr><w:t>secret</w:t></w:r>
      <w:r><w:instrText>PAGE</w:instrText></w:r></w:p>
    <w:sdt><w:sdtContent>
      <w:p><w:r><w:t>I: And</w:t><w:noBreakHyphen/><w:t>so?</w:t></w:r></w:p></w:sdtContent></w:sdt>
    <w:p><w:r><w:drawing/></w:r><w:r><w:t>P: No.</w:t></w:r></w:p>
    """
    assert word(body) == [
        ("I", "How was it?"),
        ("P", "Fine here Leeds now"),
        ("I", "And\u2011so?"),
        ("P", "No."),
    ]
    told = transcripts.read(formats.document_xml(body), "t.docx").notices
    assert any("tracked changes" in notice.message for notice in told)
    assert any("hidden" in notice.message for notice in told)


def test_word_takes_one_branch_of_alternatives_and_reads_text_boxes() -> None:
    box = "<w:txbxContent><w:p><w:r><w:t>P: boxed</w:t></w:r></w:p></w:txbxContent>"
    body = f"""<w:p><w:r><w:t>I: How?</w:t></w:r><w:r><mc:AlternateContent>
      <mc:Choice Requires="wps"><wps:x>{box}</wps:x>
      </mc:Choice><mc:Fallback>{box}</mc:Fallback></mc:AlternateContent></w:r></w:p>"""
    assert word(body) == [("I", "How?"), ("P", "boxed")]


def test_word_whole_interview_in_one_cell() -> None:
    cell = "".join(f"<w:p><w:r><w:t>{row}</w:t></w:r></w:p>" for row in ["I: How?", "P: Fine.", "I: And?"])
    assert word(f"<w:tbl><w:tr><w:tc>{cell}</w:tc></w:tr></w:tbl>") == [
        ("I", "How?"),
        ("P", "Fine."),
        ("I", "And?"),
    ]


def test_word_table_of_facts_above_the_talk_is_a_header() -> None:
    def row(*cells: str) -> str:
        return (
            "<w:tr>"
            + "".join(f"<w:tc><w:p><w:r><w:t>{c}</w:t></w:r></w:p></w:tc>" for c in cells)
            + "</w:tr>"
        )

    body = (
        "<w:tbl>" + row("Interviewer", "Jo Lee") + row("Date", "3 May") + row("Site", "Ward 9") + "</w:tbl>"
    )
    body += "<w:p><w:r><w:t>I: How?</w:t></w:r></w:p><w:p><w:r><w:t>P: Fine.</w:t></w:r></w:p>"
    assert word(body)[-2:] == [("I", "How?"), ("P", "Fine.")]
    assert {speaker for speaker, _ in word(body)[:-2]} == {""}


def test_word_speakers_by_bold_type() -> None:
    bold = "<w:p><w:r><w:rPr><w:b/></w:rPr><w:t>How?</w:t></w:r></w:p>"
    plain = "<w:p><w:r><w:rPr><w:b w:val='0'/></w:rPr><w:t>Fine.</w:t></w:r></w:p>"
    assert word((bold + plain) * 2) == [("bold type", "How?"), ("plain type", "Fine.")] * 2


def test_word_names_on_lines_of_their_own() -> None:
    rows = [
        "Jo Lee",
        "How was it?",
        "Maria Bell",
        "Fine, and that was so.",
        "Jo Lee",
        "And then?",
        "Maria Bell",
        "No.",
    ]
    body = "".join(f"<w:p><w:r><w:t>{row}</w:t></w:r></w:p>" for row in rows)
    assert word(body) == list(zip(rows[::2], rows[1::2], strict=True))


def test_word_bold_questions_between_labelled_answers_are_another_speakers() -> None:
    bold = "<w:p><w:r><w:rPr><w:b/></w:rPr><w:t>How?</w:t></w:r></w:p>"
    plain = "<w:p><w:r><w:t>P: Fine.</w:t></w:r></w:p><w:p><w:r><w:t>Really.</w:t></w:r></w:p>"
    assert word((bold + plain) * 2) == [("bold type", "How?"), ("P", "Fine. Really.")] * 2


def test_word_table_whose_column_names_nobody_knows() -> None:
    rows = [
        ("Uhr", "Rolle", "Rede"),
        ("0:01", "I", "Wie geht es?"),
        ("0:05", "P", "Gut, danke sehr."),
        ("0:09", "I", "Ja."),
    ]
    cells = (
        "<w:tr>" + "".join(f"<w:tc><w:p><w:r><w:t>{c}</w:t></w:r></w:p></w:tc>" for c in row) + "</w:tr>"
        for row in rows
    )
    assert word(f"<w:tbl>{''.join(cells)}</w:tbl>") == [
        ("I", "Wie geht es?"),
        ("P", "Gut, danke sehr."),
        ("I", "Ja."),
    ]


def test_noscribe_times_hide_in_bookmarks() -> None:
    body = '<w:p><w:bookmarkStart w:id="1" w:name="ts_34560_35800"/><w:r><w:t>S00: Hello.</w:t></w:r></w:p>'
    turn = transcripts.read(formats.document_xml(body), "n.docx").turns[0]
    assert (turn.speaker, turn.start, turn.end) == ("S00", 34.56, 35.8)


# Others


def test_rtf_leaves_hidden_and_deleted_words_and_decodes_its_code_page() -> None:
    data = (
        rb"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0\fcharset0 A;}{\f1\fcharset204 B;}}{\info{\author Zoe}}"
        rb"{\header\pard top\par}"
        rb"\f0 I: caf\'e9 \u8220?so\u8221? {\v secret}{\deleted gone}"
        rb"\line P: \f1 \'e4\'e0\f0\par {\*\foo bar}I: {\b ok}\par}trailing"
    )
    transcript = transcripts.read(data, "a.rtf")
    assert said(transcript) == [("I", "café “so”"), ("P", "да"), ("I", "ok")]
    assert len(transcript.notices) == 3


def test_odt_notes_changes_and_tables() -> None:
    body = (
        "<text:tracked-changes><text:p>gone</text:p></text:tracked-changes>"
        "<text:p>I:<text:tab/>How<text:s text:c='2'/>was it?<text:note><text:p>foot</text:p></text:note>"
        "<text:line-break/>P: <text:span>Fine</text:span></text:p>"
        "<text:list><text:list-item><text:p>I: And?</text:p></text:list-item></text:list>"
        "<table:table><table:table-row><table:table-cell><text:p>P</text:p></table:table-cell>"
        "<table:table-cell><text:p>in a cell it was</text:p></table:table-cell>"
        "</table:table-row></table:table>"
    )
    transcript = transcripts.read(formats.odt_of(body), "a.odt")
    assert said(transcript) == [("I", "How was it?"), ("P", "Fine"), ("I", "And?"), ("P", "in a cell it was")]


def test_eaf_tiers_are_ordered_and_dependent_ones_left_out() -> None:
    tier = '<TIER TIER_ID="{}"{}>{}</TIER>'
    note = (
        '<ANNOTATION><{0} ANNOTATION_ID="{1}" {2}><ANNOTATION_VALUE>{3}</ANNOTATION_VALUE></{0}></ANNOTATION>'
    )
    own = [("a", "s2", "s3", "two"), ("b", "s1", "s2", "one"), ("c", "s9", "s9", "three")]
    notes = [
        note.format("ALIGNABLE_ANNOTATION", n, f'TIME_SLOT_REF1="{x}" TIME_SLOT_REF2="{y}"', t)
        for n, x, y, t in own
    ]
    xml = (
        '<?xml version="1.0"?><ANNOTATION_DOCUMENT><TIME_ORDER><TIME_SLOT TIME_SLOT_ID="s1" TIME_VALUE="0"/>'
        '<TIME_SLOT TIME_SLOT_ID="s2" TIME_VALUE="500"/><TIME_SLOT TIME_SLOT_ID="s3" TIME_VALUE="900"/>'
        '<TIME_SLOT TIME_SLOT_ID="s9"/></TIME_ORDER>'
        + tier.format("P1", "", notes[0])
        + tier.format("INT", ' PARTICIPANT="Ann"', notes[1] + notes[2])
        + tier.format(
            "en", ' PARENT_REF="P1"', note.format("REF_ANNOTATION", "d", 'ANNOTATION_REF="a"', "zwei")
        )
        + "</ANNOTATION_DOCUMENT>"
    )
    transcript = read(xml, "a.eaf")
    assert said(transcript) == [("Ann", "one three"), ("P1", "two")]
    assert any("depend" in notice.message for notice in transcript.notices)


def test_chat_continuations_bullets_and_dependent_tiers() -> None:
    text = "@UTF8\n@Begin\n*INV:\thow was it ? \x151200_2340\x15\n*PAR:\twe [/] we were\n\tfine xxx .\n"
    text += "%mor:\tpro|we\n@End\n"
    transcript = read(text, "a.cha")
    assert said(transcript) == [("INV", "how was it ?"), ("PAR", "we [/] we were fine xxx .")]
    assert (transcript.turns[0].start, transcript.turns[0].end) == (1.2, 2.34)
    assert kinds(transcript)[1] == ["remark", "inaudible"]


def test_tables_without_column_names_and_with_gaps() -> None:
    transcript = read(
        "0:01;I;How was it for you?\n0:05;P;Fine, thanks, really fine\n;;and more\n0:09;I;Ok\n", "a.csv"
    )
    assert said(transcript) == [
        ("I", "How was it for you?"),
        ("P", "Fine, thanks, really fine and more"),
        ("I", "Ok"),
    ]
    assert [turn.start for turn in transcript.turns] == [1, 5, 9]
    assert transcript.turns[1].source == "row 2-3"


def test_labels_inside_a_table_of_one_text_column() -> None:
    assert said(read("time,text\n0:01,I: How?\n0:02,P: Fine.\n0:03,I: And?\n", "a.csv")) == [
        ("I", "How?"),
        ("P", "Fine."),
        ("I", "And?"),
    ]
