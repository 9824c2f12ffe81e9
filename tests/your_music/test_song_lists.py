"""Lists that play: what they say, and how they play in a real browser without a network."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from browsing import NARROW, WIDE, visiting, write_page
from conftest import HOSTILE, ROOT
from sounds import song

from vaeclust.your_music.song_lists import SHOWN, odd_ones_out, song_list

AWKWARD = [HOSTILE, "\"'><script>alert(2)</script>", "שיר הירח (live)", "🎸 emoji & 100% <b>", "line\nbreak # 1"]


@pytest.fixture(scope="module")
def library(corpus):
    """The small corpus, its songs called awkwardly in turn, in two clusters; the last song of each lies far out."""
    ids = corpus.ids
    titles = [f"{AWKWARD[i % 5]} {i}" for i in range(120)]
    dataset = replace(corpus, tracks=corpus.tracks.assign(title=titles, artist=None))
    clusters = pd.Series(np.repeat([0, 1], [112, 8]), ids)
    order = pd.Series(np.linspace(2, 1, 120), ids)  # the last of the corpus are the most typical
    order.iloc[[0, 112]] = 50.0
    return dataset, clusters, {0: f"mellow {HOSTILE}", 1: "קול · 60s"}, order


def lists(html):
    """Return the names of the songs of each cluster, as they stand in the page, and how many stand open."""
    sections = re.findall(r"<section>(.*?)</section>", html.data, re.DOTALL)
    songs = [re.findall(r"<li>.*?<bdi>(.*?)</bdi>", section, re.DOTALL) for section in sections]
    return songs, [section.split("<details>")[0].count("<li>") for section in sections]


class TestLists:
    def test_typical_songs_come_first_and_odd_ones_last_and_marked(self, library):
        html = song_list(*library, sounds=pd.Series(dtype=object))
        (first, second), shown = lists(html)
        assert shown == [SHOWN, 8]
        assert [name.rsplit(" ", 1)[1] for name in first] == [str(i) for i in [*range(111, 0, -1), 0]]
        assert [name.rsplit(" ", 1)[1] for name in second] == [str(i) for i in [*range(119, 112, -1), 112]]
        assert html.data.count("odd one out</small>") == 2
        assert "102 more, the odd ones out last (1)" in html.data
        assert re.findall(r"<small>(\d+ songs?)</small></h3>", html.data) == ["112 songs", "8 songs"]
        assert '<ol start="11">' in html.data

    def test_no_name_is_markup(self, library):
        html = song_list(*library, sounds=pd.Series("a\"b'<.wav", library[1].index))
        tags = set(re.findall(r"<(\w+)", html.data))
        assert tags == {"div", "section", "h3", "bdi", "small", "ol", "li", "a", "details", "summary"}
        assert html.data.count('href="a&quot;b&#x27;&lt;.wav"') == 120

    def test_songs_that_nothing_is_known_of_bear_their_ids(self, corpus):
        clusters = pd.Series(0, corpus.ids[:1])
        html = song_list(corpus, clusters, {0: "one"}, pd.Series(0.0, corpus.ids), pd.Series(dtype=object))
        assert lists(html)[0] == [[corpus.ids[0]]]
        assert "1 song</small>" in html.data
        assert "odd" not in html.data
        assert "<a" not in html.data

    def test_what_is_missing_is_said(self, library):
        dataset, clusters, names, order = library
        silent = pd.Series(dtype=object)
        with pytest.raises(ValueError, match="no name for 1; expected one for each of the 2 clusters"):
            song_list(dataset, clusters, {0: "a"}, order, silent)
        with pytest.raises(ValueError, match=r"the order lacks 1 of the 120 songs \(d/track 119\)"):
            song_list(dataset, clusters, names, order[:-1], silent)
        with pytest.raises(ValueError, match="the corpus lacks 1 of the 121 songs"):
            song_list(dataset, pd.concat([clusters, pd.Series(0, ["other"])]), names, order, silent)


def test_the_odd_ones_are_those_beyond_the_fence_of_their_own_cluster():
    order = pd.Series([1.0, 2, 3, 4, 7.1, 100, 101, 102, 103, 104], list("abcdefghij"))
    clusters = pd.Series([0] * 5 + [1] * 5, order.index)
    assert odd_ones_out(clusters, order).sum() == 1  # 4 + 1.5 (4 - 2) = 7
    assert odd_ones_out(clusters, order)["e"]
    assert not odd_ones_out(clusters, order.replace(7.1, 7.0)).any()
    assert not odd_ones_out(pd.Series(0, order.index), order.clip(upper=1)).any()


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder with sounds as short as a test wants to wait for."""
    home = tmp_path_factory.mktemp("lists that play")
    for number, name in enumerate(["short & 1.wav", "long 100%.wav", "last '2'.wav"]):
        song(home / name, seed=number, seconds=0.4 if number == 0 else 20.0)
    (home / "broken.wav").write_bytes(b"no music")
    return home


# As a cell of a chapter stands in its page, the style sheets of which let it scroll sideways.
CELL = """<style>div.cell_output .output.text_html, .bd-article .cell_output { overflow-x: auto }</style>
<article class="bd-article"><div class="cell_output"><div class="output text_html">SONGS</div></div></article>"""
SOUNDS = ["short%20%26%201.wav", "long%20100%25.wav", "last%20%272%27.wav"]


@pytest.fixture
def open_page(browser, home, library):
    with visiting(browser) as visit:

        def build(sounds=(), *, viewport=WIDE, theme="light", script=True, lists=1):
            """Songs 119, 118, … of the corpus, those of the second cluster, have the sounds given, in that order."""
            dataset, clusters, names, order = library
            heard = pd.Series(list(sounds), dataset.ids[::-1][: len(sounds)], dtype=object)
            html = song_list(dataset, clusters[[*dataset.ids[:40], *dataset.ids[112:]]], names, order, heard)
            body = CELL.replace("SONGS", html.data * lists)
            write_page(home / "page.html", body, "song_list", theme=theme, script=script)
            return visit(home / "page.html", viewport)

        yield build


def plays(page, number):
    """Wait until a song plays, and return what the page says of it."""
    page.wait_for_function(
        """name => { const audio = document.querySelector('audio');
            return !audio.paused && audio.currentTime > 0 && decodeURI(audio.src).endsWith(name); }""",
        arg=SOUNDS[number].replace("%20", " ").replace("%25", "%").replace("%27", "'"),
    )
    return page.inner_text(".song-list-now")


def name(number):
    """How a page shows the name of a song."""
    return " ".join(f"{AWKWARD[number % 5]} {number}".split())


def test_play_next_and_stop(open_page):
    page = open_page([SOUNDS[1], SOUNDS[2]]).page
    assert page.inner_text(".song-list-now") == "Nothing plays."
    assert page.get_by_role("button", name="Stop").is_disabled()
    page.get_by_role("button", name="Play", exact=True).click()
    assert plays(page, 1) == f"{name(119)} (קול · 60s)"
    assert page.locator("li[aria-current]").inner_text().endswith(name(119))
    page.get_by_role("button", name="Next").click()
    assert plays(page, 2) == f"{name(118)} (קול · 60s)"
    page.get_by_role("button", name="Pause", exact=True).click()
    page.wait_for_function("document.querySelector('audio').paused")
    before = page.evaluate("document.querySelector('audio').currentTime")
    page.get_by_role("button", name="Play", exact=True).click()
    plays(page, 2)
    assert page.evaluate("document.querySelector('audio').currentTime") >= before > 0  # it goes on where it was
    page.get_by_role("button", name="Stop").click()
    assert page.evaluate("document.querySelector('audio').paused")
    assert page.inner_text(".song-list-now") == "Nothing plays."
    assert page.locator("li[aria-current]").count() == 0


def test_one_song_follows_the_other_to_the_end(open_page):
    page = open_page([SOUNDS[0], SOUNDS[1]]).page
    page.get_by_role("button", name=f"Play {name(119)}").click()
    assert plays(page, 1).startswith(name(118))
    page.get_by_role("button", name="Next").click()  # there is no other
    assert page.inner_text(".song-list-now") == "Nothing plays."


def test_a_song_is_played_and_paused_at_its_place(open_page):
    page = open_page([SOUNDS[1], SOUNDS[2]]).page
    page.get_by_role("button", name=f"Play {name(118)}").click()
    plays(page, 2)
    page.get_by_role("button", name=f"Pause {name(118)}").click()
    page.wait_for_function("document.querySelector('audio').paused")
    page.get_by_role("button", name=f"Play {name(118)}").wait_for()


def test_a_sound_that_cannot_be_played_says_so_and_the_next_one_plays(open_page):
    visit = open_page(["broken.wav", "gone.wav", SOUNDS[1]])
    page = visit.page
    page.get_by_role("button", name="Play", exact=True).click()
    page.get_by_text(f"{name(119)}: this browser cannot play the file").wait_for()
    assert page.get_by_role("button", name="Play", exact=True).count() == 1
    page.get_by_role("button", name="Next").click()
    page.get_by_text(f"{name(118)}: this browser cannot play the file").wait_for()
    page.get_by_role("button", name=f"Play {name(118)}").click()  # a second try says the same
    page.get_by_text(f"{name(118)}: this browser cannot play the file").wait_for()
    page.get_by_role("button", name="Next").click()
    plays(page, 1)
    visit.failed.clear()  # what is no music is given up
    visit.complaints.clear()


def test_two_lists_of_a_page_do_not_play_at_once(open_page):
    page = open_page([SOUNDS[1]], lists=2).page
    for place in (0, 1):
        page.locator(".song-list-play").nth(place).click()
        page.wait_for_function("n => document.querySelectorAll('audio')[n].currentTime > 0", arg=place)
    assert page.evaluate("[...document.querySelectorAll('audio')].map(audio => audio.paused)") == [True, False]


def test_everything_works_by_keyboard_and_is_named(open_page):
    page = open_page([SOUNDS[1], SOUNDS[2]]).page
    reached = []
    for _ in range(5):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.ariaLabel || document.activeElement.innerText"))
    more = "30 more, the odd ones out last (1)"
    assert reached == ["Play", "Next", more, f"Play {name(119)}", f"Play {name(118)}"]  # nothing is there to stop
    page.keyboard.press("Enter")
    assert plays(page, 2).startswith(name(118))
    assert page.get_attribute(".song-list-now", "aria-live") == "polite"
    page.locator("summary").press("Enter")
    assert page.get_by_text("odd one out", exact=True).first.is_visible()


def test_songs_are_folded_and_none_of_their_names_runs(open_page):
    page = open_page([SOUNDS[1]] * 8).page
    assert page.locator("li:visible").count() == SHOWN + 8
    page.locator("summary").click()
    assert page.locator("li:visible").count() == 48
    texts = page.locator("li").all_inner_texts()
    for awkward in AWKWARD:
        assert any(" ".join(awkward.split()) in text for text in texts)
    assert page.locator("img, body script, li b").count() == 0
    for place in range(8):
        page.locator(".song-list-song").nth(place).click()
        assert page.inner_text(".song-list-now") == f"{name(119 - place)} (קול · 60s)"
    assert page.locator("img, body script, li b").count() == 0


def test_without_its_script_songs_are_links(open_page):
    visit = open_page([SOUNDS[1]], script=False)
    link = visit.page.get_by_role("link", name=name(119))
    assert link.evaluate("link => link.href").endswith(SOUNDS[1].replace("%27", "'"))
    assert visit.page.locator("button").count() == 0


def test_without_sounds_there_is_no_bar(open_page):
    assert open_page().page.locator("button, audio").count() == 0


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_bar_stays_in_sight_on_a_phone_and_text_has_contrast(open_page, theme):
    page = open_page([SOUNDS[1]] * 8, viewport=NARROW | {"width": 360, "height": 500}, theme=theme).page
    page.locator("summary").click()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    for place in (0.0, 0.5):
        page.evaluate("part => scrollTo(0, part * document.body.scrollHeight)", place)
        box = page.locator(".song-list-bar").bounding_box()
        assert 0 < box["y"] < box["y"] + box["height"] <= 500
    page.add_style_tag(content="html[data-theme='dark'] body { background: #14181e }")
    faint, texts = page.evaluate((ROOT / "tests" / "contrast.js").read_text(encoding="utf-8"))
    assert texts > 48
    assert faint == []
