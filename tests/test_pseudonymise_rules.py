"""The rules one by one, without any model: what each finds in invented talk, and what it must leave."""

from __future__ import annotations

import pytest
import spacy

from pipeline.pseudonymise.addresses import addresses
from pipeline.pseudonymise.dictated import read_digits
from pipeline.pseudonymise.find import Finder, find_with
from pipeline.pseudonymise.vocabulary import derived, no_word
from pipeline.pseudonymise.wordlists import also_word, capitals, english, first_names, place_phrases, surnames


@pytest.fixture(scope="module")
def finder() -> Finder:
    """Rules alone: a model that finds nothing."""
    return Finder(nlp=spacy.blank("en"))


def masked(finder: Finder, *texts: str) -> list[list[tuple[str, str]]]:
    found = find_with(finder, list(texts))
    return [
        [(one.label, text[one.start : one.end]) for one in some]
        for text, some in zip(texts, found, strict=True)
    ]


def surfaces(finder: Finder, *texts: str) -> list[str]:
    return [surface for some in masked(finder, *texts) for _, surface in some]


@pytest.mark.parametrize(
    ("text", "surface"),
    [
        ("so then Dombrowski walked in", "Dombrowski"),
        ("we drove through Sacramento twice", "Sacramento"),
        ("out in Salt Lake City they said", "Salt Lake City"),
        ("and I think Vrzalik was there", "Vrzalik"),
        ("the way Latrice told it", "Latrice"),
        ("I left it with Chance yesterday", "Chance"),
        ("so I told marjorie to wait", "marjorie"),
        ("My cousin Bao, he lent me the van.", "Bao"),
        ("her boss Zayvion never rang", "Zayvion"),
        ("his little sister Precious came", "Precious"),
        ("they call him Skeeter down there", "Skeeter"),
        ("she goes by Birdie at work", "Birdie"),
        ("the name was Ottoline, I believe", "Ottoline"),
        ('that was Raymond "Tugboat" Arceneaux, you know', "Tugboat"),
        ("Hey, April, sit down.", "April"),
        ("It was Deborah and April again.", "April"),
        ("Grace can drive you.", "Grace"),
        ("That was June. She was lovely.", "June"),
        ("it was Will, and he left", "Will"),
        ("I asked for Dr. Okonjo-Reyes twice", "Okonjo-Reyes"),
    ],
)
def test_a_name_is_found_by_list_dictionary_or_what_stands_before_it(
    finder: Finder, text: str, surface: str
) -> None:
    assert surface in " / ".join(surfaces(finder, text))


@pytest.mark.parametrize(
    "text",
    [
        "I asked the doctor. Then we left, Your Honor.",
        "Call Mr. or Mrs., whichever, my doctor. Judge, may I?",
        "Halloween and Thanksgiving, the Armenian food, a Swedish car.",
        "I take Lisinopril for my blood pressure and Hypothyroidism runs in us.",
        "My mom couldn't, and my father drove. My aunt lives alone.",
        "So, will you? Will that do? Hope so. Mark my words.",
        "I was in Class Two, in Room B, Exhibit 4.",
        "Uh-huh. Mm-hm. Shh. Ugh. Nah.",
    ],
)
def test_what_has_a_capital_for_another_reason_is_left(finder: Finder, text: str) -> None:
    assert surfaces(finder, text) == []


def test_a_title_is_no_name(finder: Finder) -> None:
    assert surfaces(finder, "We call him Mr. Jerry. So Mr. Wang and Mr. Pope left.") == [
        "Jerry",
        "Wang",
        "Pope",
    ]


def test_a_family_is_masked_with_its_name(finder: Finder) -> None:
    found = surfaces(finder, "My name is Oona Baker. All the Bakers came, and so did the bakers of bread.")
    assert found == ["Oona Baker", "Bakers"]


@pytest.mark.parametrize("spelled", ["Z-O-R-B-L-A-T-T", "Z, O, R, B", "z o r b l a t t"])
def test_a_name_spelled_out_is_masked(finder: Finder, spelled: str) -> None:
    assert spelled in surfaces(finder, "My name is Zorblatt.", f"that's {spelled}, yes")
    assert surfaces(finder, "My name is Zorblatt.", "it's A, B, C and D, N, A") == ["Zorblatt"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("so mr pettigrew rang and uncle dmitri came", ["pettigrew", "dmitri"]),
        ("my sister destiny was there", ["destiny"]),
        ("then dawn kowalczyk said dawn would come at dawn", ["dawn kowalczyk", "dawn"]),
        ("we lived in schenectady near salt lake city", ["schenectady", "salt lake city"]),
        ("and vrzalik too, and all the vrzaliks", ["vrzalik", "vrzaliks"]),
        ("i went to kowalczyk high school", ["kowalczyk high school"]),
        ("i hope the rehydration goes well, i had gastroenteritis and a takeaway", []),
        ("my father drove and my aunt lives there", []),
        ("in the village, across the street, general problems", []),
    ],
)
def test_talk_without_capitals(finder: Finder, text: str, found: list[str]) -> None:
    assert surfaces(finder, text) == found


@pytest.mark.parametrize(
    ("text", "surface"),
    [
        ("so the Tipton community team rang", "Tipton community team"),
        ("I was on Juniper Ward then", "Juniper Ward"),
        ("over at St Wendreda's they knew", "St Wendreda's"),
        ("she works at Target now", "Target"),
        ("we ate at Zabrowski's, the two of us", "Zabrowski's"),
        ("it was the Lone Pine Feed and Tack again", "Lone Pine Feed and Tack"),
        ("run by Quenby and Coastal these days", "Quenby and Coastal"),
        ("In St Wendreda's parish hall we met", "St Wendreda's parish hall"),
        ("with Leeds and Selby, the trust, I mean", "Leeds and Selby"),
        ("it was in Great Pelsham then", "Great Pelsham"),
    ],
)
def test_an_organisation_is_found_whole(finder: Finder, text: str, surface: str) -> None:
    assert surface in surfaces(finder, text)


@pytest.mark.parametrize(
    ("text", "label", "surface"),
    [
        ("the badge is 4471, he said", "ID", "4471"),
        ("last four of my social, um, nine three one four", "ID", "nine three one four"),
        ("my zip code is five oh two one one", "POSTCODE", "five oh two one one"),
        ("you can reach me at 555 0143", "PHONE", "555 0143"),
        ("it's docket 2231 CR 0518 they said", "ID", "2231 CR 0518"),
        ("the card says 1EG4 TE5 MK73 on it", "ID", "1EG4 TE5 MK73"),
        ("my email's tadpole22 at gmail", "EMAIL", "tadpole22 at gmail"),
        ("look on quillfeather dot com slash jobs", "URL", "quillfeather dot com slash jobs"),
        ("under policy L F 7 7 3 9, she said", "ID", "L F 7 7 3 9"),
        ("they only knew me as two two four one nine", "ID", "two two four one nine"),
        ("what's the reference? Tango Kilo seven seven four", "ID", "Tango Kilo seven seven four"),
        ("the plate was KLR 4407, I think", "ID", "KLR 4407"),
        ("ask for extension two two nine", "PHONE", "two two nine"),
        ("her handle was miss underscore tadpole", "ID", "miss underscore tadpole"),
        ("What's your Xbox name? -- It's NinjaTad442.", "ID", "NinjaTad442"),
        ("my gran's at twenty-two oh four Delmar", "ADDRESS", "twenty-two oh four Delmar"),
        ("he's in room 12B, second floor", "ADDRESS", "room 12B"),
        ("just off the A38, you know it", "ADDRESS", "A38"),
        ("out past Highway sixty-one, there", "ADDRESS", "Highway sixty-one"),
        ("the clinic on West 47th, that one", "ADDRESS", "West 47th"),
        ("post goes to PO box four fourteen", "ADDRESS", "PO box four fourteen"),
    ],
)
def test_a_number_or_address_as_it_is_told(finder: Finder, text: str, label: str, surface: str) -> None:
    [found] = masked(finder, text)
    assert (label, surface) in found


@pytest.mark.parametrize(
    "text",
    [
        "It cost 12000 and then one two three four five, go.",
        "The number of people was, what, thirty, forty.",
        "Second and third attempts were worse. It's on A4 paper.",
        "Her T4 was low and the L5 disc went. We met on Zoom, on Medicare it's free.",
        "In the room 4 people sat. They're building two new ones.",
        "I go by bus. My handle on it is better now.",
        "The Coder said so.",
        "Come to the first car park. Our second charity drive is where I lived at ease.",
    ],
)
def test_what_only_looks_like_a_number_or_an_address_stays(finder: Finder, text: str) -> None:
    assert surfaces(finder, text) == []


@pytest.mark.parametrize(
    "text",
    [
        "I'm one of three. She's five foot four. They're four of them in the house.",
        "It was nineteen ninety-something. He hoovered and I hoover.",
        "At eight we ate. At ten I go to bed. I started at nine.",
        "I was two hours late. When I was two months off the drink, he was about five miles away.",
        "It matters how old someone is. We met often, I was new. No idea how old anyone was.",
    ],
)
def test_what_is_counted_is_no_age(finder: Finder, text: str) -> None:
    assert surfaces(finder, text) == []


def test_what_somebody_does_is_no_firm(finder: Finder) -> None:
    assert masked(finder, "Sarah works in housing.") == [[("PERSON", "Sarah")]]
    assert surfaces(finder, "I drove a Toyota.") == []
    assert surfaces(finder, "My cousin worked for Toyota.") == ["Toyota"]
    assert surfaces(finder, "In 2010 South Africa had it.") == ["South Africa"]


def test_a_number_told_over_several_turns_and_said_back(finder: Finder) -> None:
    texts = [
        "And your account number?",
        "um four oh seven seven",
        "mm-hm",
        "one one nine",
        "okay and you're happy?",
        "Call 570-555-0148. I said 0148.",
    ]
    found = masked(finder, *texts)
    assert [surface for _, surface in found[1] + found[3]] == ["four oh seven seven", "one one nine"]
    assert ("PHONE", "0148") in found[5]
    assert surfaces(finder, "Call 911. In 2019 it was one two three go. Call me at ten thirty.") == []
    assert read_digits("double oh seven, triple two") == "007222"


@pytest.mark.parametrize(
    ("text", "surface"),
    [
        ("This lad, nineteen, would not talk.", "nineteen"),
        ("She had him at fourteen.", "fourteen"),
        ("When I was eleven we moved.", "eleven"),
        ("They're five and seven.", "seven"),
        ("At nineteen I had my first.", "nineteen"),
        ("I turned fifty in there.", "fifty"),
        ("until he was five he did not talk", "five"),
        ("my oldest is twenty-two, the baby came late", "twenty-two"),
        ("Fifty-nine, I was.", "Fifty-nine"),
        ("he must be in his late thirties", "late thirties"),
        ("they asked how old I was and I said sixteen", "sixteen"),
        ("she was like twenty two", "twenty two"),
        ("and Deborah's eleven then", "eleven"),
        ("He's fifty-something, I think", "fifty-something"),
        ("we were both nineteen at the time", "nineteen"),
    ],
)
def test_an_age_is_found_where_no_years_are_named(finder: Finder, text: str, surface: str) -> None:
    assert ("AGE", surface) in masked(finder, text)[0]


@pytest.mark.parametrize(
    ("text", "surface"),
    [
        ("it was January one, you know", "January one"),
        ("the first week of May it was", "first week of May"),
        ("that was the summer of 1994, I think", "summer of 1994"),
        ("on the ninth of April last year", "ninth of April last year"),
    ],
)
def test_a_date_with_its_month(finder: Finder, text: str, surface: str) -> None:
    assert ("DATE", surface) in masked(finder, text)[0]
    assert surfaces(finder, "happy Fourth of July to all") == []


@pytest.mark.parametrize(
    ("text", "surface"),
    [
        ("send it to Lindenstraße 14 please", "Lindenstraße 14"),
        ("she is at 12 Rue des Lilas 7, you know", "12 Rue des Lilas 7"),
        ("out on Tinker Lane they found it", "Tinker Lane"),
        ("i live at twenty two sixteen cottonwood lane", "twenty two sixteen cottonwood lane"),
        ("it burned down on juniper street", "juniper street"),
        ("I grew up on 43rd Street", "43rd Street"),
        ("PSC 4411, Box 210, APO AE 09834 it says", "PSC 4411, Box 210, APO AE 09834"),
        ("meet at the corner of Alder and Vine", "Alder and Vine"),
        ("my badge number is forty four seventeen", "forty four seventeen"),
        ("he lives at 1180 Hollister now", "1180 Hollister"),
        ("over by Fourth and Pine, you know", "Fourth and Pine"),
        ("in the 400 block of Maple then", "400 block of Maple"),
        ("she has apartment C there", "apartment C"),
        ("on Rural Route 2, Box 118, out there", "Rural Route 2, Box 118"),
        ("the card ending in 4471 please", "4471"),
    ],
)
def test_an_address_in_the_ways_of_several_countries(finder: Finder, text: str, surface: str) -> None:
    assert surface in surfaces(finder, text)


@pytest.mark.parametrize("before", ["", "number ", "room number ", "at "])
@pytest.mark.parametrize("counted", ["one two ", "1 ", "twenty five, "])
def test_whoever_counts_aloud_is_read_to_the_end(before: str, counted: str) -> None:
    talk = before + counted * 60
    assert list(addresses(talk + "and so on")) == []
    talk += "Tenter Road"
    assert {talk[one.start : one.end][-11:] for one in addresses(talk)} == {"Tenter Road"}


def test_a_written_address_goes_on_over_its_lines(finder: Finder) -> None:
    text = "Please write to:\nLindenstraße 12\n Suite 4\n Bremerhaven\n Germany 27568\nThen wait."
    [(label, surface)] = masked(finder, text)[0]
    assert (label, surface.split()) == ("ADDRESS", text.split()[3:-2])
    assert surfaces(finder, "on the same street, down the main road, a one way street, a low sex drive") == []


def test_two_names_that_something_else_found_stay_two(finder: Finder) -> None:
    assert surfaces(finder, "so I met Deborah and Marjorie there") == ["Deborah", "Marjorie"]


def test_a_name_goes_on_without_the_word_that_says_what_it_names(finder: Finder) -> None:
    texts = ["It is the Quenby and Pelsham Partnership.", "But Quenby and Pelsham pays me."]
    assert surfaces(finder, *texts) == ["Quenby and Pelsham Partnership", "Quenby and Pelsham"]


def test_a_pet_form_that_is_a_word_is_known_by_what_it_does(finder: Finder) -> None:
    texts = ["My name is Keelin Oduya.", "Keels is here. Two keels are there. Keels of boats."]
    assert surfaces(finder, *texts) == ["Keelin Oduya", "Keels"]


def test_a_feast_beside_its_date_does_not_give_the_day_away(finder: Finder) -> None:
    said = "on the fourteenth of February 2017, Valentine's Day. It took until long after, to Christmas Day."
    found = surfaces(finder, said)
    assert found == ["fourteenth of February 2017", "Valentine's Day"]


def test_a_rare_job_that_only_one_person_holds(finder: Finder) -> None:
    said = "He was the last lighthouse-keeper at the old point, and the only nurse who listened."
    assert surfaces(finder, said) == ["the last lighthouse-keeper at the old point"]


def test_lists_and_dictionary_hold_what_they_say() -> None:
    assert {"kitchen", "hope"} <= english()
    assert "armenian" in capitals()
    assert ("new", "york", "city") in place_phrases()["new", "york"]
    assert {"latrice", "sarah"} <= first_names().keys()
    assert "dombrowski" in surnames()
    assert also_word("chance")
    assert not also_word("sarah")
    assert [no_word(word) for word in ("vrzalik", "kitchen", "halloween", "mm", "shh")] == [
        True,
        *[False] * 4,
    ]
    assert [derived(word) for word in ("reheatable", "bursitis", "accomodated", "vrzalik")] == [True] * 3 + [
        False
    ]


@pytest.mark.parametrize(
    ("text", "surface"), [("Mr Love rang on Friday", "Love"), ("and Mrs Darling said no", "Darling")]
)
def test_surnames_that_are_forms_of_address_count_behind_a_title(
    finder: Finder, text: str, surface: str
) -> None:
    assert surfaces(finder, text) == [surface]


@pytest.mark.parametrize(
    "text", ["Ta.", "Ta-ra then.", "Blimey, I know.", "Thank you, love.", "Yes, doctor."]
)
def test_what_people_call_out_is_nobody(finder: Finder, text: str) -> None:
    assert surfaces(finder, text) == []
