"""The explorer: what it is told, and what it does with it in a real browser without a network."""

import json
import re
from dataclasses import replace
from urllib.parse import unquote

import numpy as np
import pandas as pd
import pytest
import soundfile
from browsing import NARROW, WIDE, visiting, write_page
from conftest import HOSTILE

from vaeclust.corpus import named as corpus_named
from vaeclust.corpus.dataset import Dataset, assemble
from vaeclust.corpus.demo import tracks as demo
from vaeclust.corpus.moods import MOODS
from vaeclust.corpus.tables import GTZAN_IDS
from vaeclust.methods.catalogue import COMPARED
from vaeclust.your_music import explorer, playlists

METHODS = ("pca", "vae", "raw")
MARGIN = 14  # of explorer.js


def records(dataset: Dataset, *, methods=METHODS, seeds=4, k=4):
    """Maps, clusters and spaces of a corpus, as the chapters record them; raw has no UMAP map."""
    rng = np.random.default_rng(0)
    spaces = {m: pd.DataFrame(dataset.audio @ rng.normal(size=(20, 3 + i)), dataset.ids) for i, m in enumerate(methods)}
    maps, clusters = [], []
    for slug, space in spaces.items():
        for seed in range(seeds):
            axes = rng.normal(size=(space.shape[1], k)) * 0.2 + np.eye(space.shape[1], k)
            found = (space.to_numpy() @ axes).argmax(axis=1)
            clusters.append(pd.DataFrame({"method": slug, "track_id": dataset.ids, "seed": seed, "cluster": found}))
        for name in ("tsne", "pca") if slug == "raw" else ("tsne", "pca", "umap"):
            x, y = rng.normal(size=(2, len(dataset)))
            maps.append(pd.DataFrame({"method": slug, "track_id": dataset.ids, "projection": name, "x": x, "y": y}))
    return pd.concat(maps), pd.concat(clusters), spaces


@pytest.fixture(scope="module")
def named(corpus):
    """The small corpus with names: a hostile one, one that JSON and HTML would trip over, and some missing."""
    about = corpus.tracks.assign(
        title=[f"Song {i}" for i in range(120)],
        artist=[f"Artist {i % 6}" for i in range(120)],
        tempo=np.linspace(60, 180, 120),
        mode=np.arange(120) % 2,
    )
    about.iloc[0, about.columns.get_loc("title")] = HOSTILE
    about.iloc[1, about.columns.get_loc("title")] = '</script><script>alert(1)</script> "\\ & \u2028 é'
    about.iloc[2, [about.columns.get_loc(c) for c in ("title", "artist")]] = None
    return replace(corpus, tracks=about)


@pytest.fixture(scope="module")
def tagged(named):
    """The named corpus with tags: the first tracks have piano most, the last the 80s; sadness is never likely."""
    one, last = np.arange(120) / 119, np.linspace(1, 0, 120)
    tags = {"rock": np.random.default_rng(0).permutation(one), "piano": last**3, "piano solo": last**3 / 2}
    tags |= {"sad": one / 110, "80s": one**3 * 0.6}
    return replace(named, tags=pd.DataFrame(tags, named.tracks.index))


def told(html) -> dict:
    return json.loads(re.search(r'<script type="application/json">(.*)</script>', html.data, re.DOTALL)[1])


class TestContents:
    def test_names_cannot_leave_their_script(self, named):
        html = explorer.explorer_page(explorer.explorer_contents(named, *records(named)))
        assert html.data.count("<script") == html.data.count("</script") == 1
        assert HOSTILE not in html.data
        assert told(html)["titles"][:3] == [HOSTILE, named.tracks["title"].iloc[1], None]

    def test_known_neighbours(self):
        line = np.array([[0.0], [1], [3], [7], [15], [31], [63]])
        near = explorer.nearest_tracks(line)
        assert near[0].tolist() == [1, 2, 3, 4, 5]
        assert near[6].tolist() == [5, 4, 3, 2, 1]
        assert explorer.nearest_tracks(line[:3]).tolist() == [[1, 2], [0, 2], [1, 0]]
        twins = explorer.nearest_tracks(np.zeros((8, 2)))
        assert all(track not in near for track, near in enumerate(twins.tolist()))

    def test_maps_keep_their_shape(self, named):
        maps, clusters, spaces = records(named)
        maps = maps.query("method == 'pca' and projection == 'tsne'").assign(x=np.arange(120.0), y=0.0)
        maps.iloc[-1, maps.columns.get_loc("y")] = 59.5
        points = np.reshape(
            explorer.explorer_contents(named, maps, clusters, spaces)["methods"][0]["maps"]["tsne"], (120, 2)
        )
        assert points[[0, -1], 0].tolist() == [0, explorer.GRID]
        assert points[[0, -1], 1].tolist() == [3_000, 1_000]  # half as high as wide, in the middle, y upwards

    def test_clusters_are_by_size_and_matched_between_methods(self, named):
        maps, clusters, spaces = records(named, seeds=1)
        sizes = np.repeat([3, 1, 0, 2], [60, 30, 20, 10])
        clusters.loc[clusters["method"] == "pca", "cluster"] = sizes
        clusters.loc[clusters["method"] == "vae", "cluster"] = (sizes + 1) % 4
        pca, vae, _ = explorer.explorer_contents(named, maps, clusters, spaces)["methods"]
        assert pca["cluster"] == vae["cluster"] == np.repeat([0, 1, 2, 3], [60, 30, 20, 10]).tolist()

    def test_seeds_that_agree_are_counted(self, named):
        maps, clusters, spaces = records(named)
        clusters["cluster"] = np.tile(np.arange(120) % 4, len(clusters) // 120)
        clusters.loc[(clusters["seed"] == 2) & (clusters["track_id"] == named.ids[5]), "cluster"] = 0
        agree = explorer.explorer_contents(named, maps, clusters, spaces)["methods"][1]["agree"]
        assert agree == [2 if track == 5 else 3 for track in range(120)]

    def test_what_tracks_can_be_coloured_by(self, named):
        artist, mode, tempo = sorted(
            explorer.explorer_contents(named, *records(named))["colourings"], key=lambda colouring: colouring["title"]
        )
        assert artist["names"] == ["Artist 0", "Artist 1", "Artist 3", "Artist 4", "Artist 5", "Artist 2"]
        assert artist["of"][2] == -1
        assert mode["names"] == ["0", "1"]
        assert tempo["values"][0] == 60

    def test_moods_and_the_tags_that_tell_most_are_colours(self, named, tagged):
        moods = pd.DataFrame(np.random.default_rng(1).uniform(size=(120, 7)), named.tracks.index, columns=list(MOODS))
        moody = assemble("moody", named.tracks, moods, tags=tagged.tags)
        found = explorer.explorer_contents(moody, *records(tagged))
        titles = [colouring["title"] for colouring in found["colourings"]]
        assert titles[-10:] == [*(f"Mood: {mood}" for mood in MOODS), "Tag: piano", "Tag: rock", "Tag: 80s"]
        energy = next(colouring for colouring in found["colourings"] if colouring["title"] == "Mood: energy")
        assert energy["values"] == pytest.approx(moods["energy"], rel=0.01)
        assert [colouring["tag"] for colouring in found["colourings"][-3:]] == ["piano", "rock", "80s"]
        assert explorer.explorer_contents(named, *records(named))["tags"] is None

    def test_tags_are_tenths_of_the_corpus_and_unlikely_ones_are_none(self, tagged):
        tenths = explorer.tag_tenths(tagged.tags)
        assert tenths["rock"].value_counts().to_dict() == {str(digit): 12 for digit in range(10)}
        assert tenths["piano"].tolist() == [*"9" * 12, *(digit for digit in "876543210" for _ in range(12))]
        assert set(tenths["sad"]) == set("012345678")  # one track in ten has most of it, but none is sad
        assert set(explorer.tag_tenths(tagged.tags * 0)["rock"]) == {"5"}  # none has more than another
        told = explorer.explorer_contents(tagged, *records(tagged))["tags"]
        assert told["piano"] == "".join(tenths["piano"])

    def test_of_tags_that_say_the_same_one_is_a_colour(self):
        rng = np.random.default_rng(0)
        likely = {tag: rng.permutation(200) / 200 * (place + 1) / 12 for place, tag in enumerate("abcdefghijkl")}
        tags = pd.DataFrame(likely)
        assert explorer.telling_tags(tags) == list("lkjihgfe")
        tags["k"], tags["j"] = 0.9 * tags["l"] + 0.01, 0.5
        assert explorer.telling_tags(tags) == list("lihgfedc")

    def test_unlabelled_music_without_names_from_one_seed(self, corpus):
        bare = assemble("bare", corpus.tracks.assign(genre=pd.NA), corpus.features)
        found = explorer.explorer_contents(bare, *records(bare, seeds=1))
        assert found["labels"] == []
        assert found["titles"] == found["artists"] == [None] * 120
        assert found["seeds"] == 1
        assert set(found["methods"][0]["agree"]) == {0}

    def test_records_of_another_corpus_are_refused(self, named):
        maps, clusters, spaces = records(named)
        fewer = clusters[clusters["track_id"] != named.ids[3]]
        with pytest.raises(ValueError, match=r"records of pca lack 1 of the 120 tracks .*run 01_pca again"):
            explorer.explorer_contents(named, maps, fewer, spaces)

    def test_a_thousand_tracks_are_small(self):
        ids = pd.Index(sorted(GTZAN_IDS), name="track_id")
        names = [f"A name of forty letters, as they are: {i:04d}" for i in range(1000)]
        tracks = pd.DataFrame({"genre": ids.str.split(".").str[0], "title": names, "artist": names}, index=ids)
        values = pd.DataFrame(np.random.default_rng(0).normal(size=(1000, 20)), ids)
        likely = np.random.default_rng(0).uniform(size=(1000, 50))
        tags = pd.DataFrame(likely, ids, columns=[f"a tag of twenty {i:02d}" for i in range(50)])
        big = assemble("gtzan", tracks, values.rename(columns=str), tags=tags)
        html = explorer.explorer_page(
            explorer.explorer_contents(big, *records(big, methods=tuple(COMPARED), seeds=2, k=10))
        )
        assert len(html.data.encode()) < 1_000_000  # the whole page may have three million, figures included
        assert "commercial recordings" in told(html)["silence"]


class TestSounds:
    def test_clips_of_the_demo_corpus(self, tmp_path, monkeypatch):
        few, made = demo.track_table(clips_per_style=1)[:3], []
        monkeypatch.setattr(demo, "track_table", lambda: few)
        monkeypatch.setattr(corpus_named, "fetch", lambda name: tmp_path)
        (folder := tmp_path / "clips_5s").mkdir()
        (folder / f"{few.index[0]}.mp3").write_bytes(b"made before")
        for path in sorted(corpus_named.clips().iterdir()):
            made.append(path.stem)
            if path.read_bytes() == b"made before":
                continue
            samples, rate = soundfile.read(path)
            assert len(samples) / rate == pytest.approx(5, abs=0.2)
            assert np.abs(samples).max() > 0.05
            assert path.stat().st_size < 10_000_000 / 600
        assert made == sorted(few.index)

    def test_other_corpora_leave_no_clips_behind(self, corpus, project):
        old = project / "book" / "_static" / "clips" / "old.mp3"
        old.parent.mkdir(exist_ok=True)
        old.touch()
        assert explorer.write_clips(corpus).isna().all()
        assert not old.parent.exists()

    def test_the_reason_for_silence(self, corpus):
        assert "only the features" in explorer.silence_reason(corpus)
        owned = replace(corpus, tracks=corpus.tracks.assign(path="gone.mp3"))
        assert "No file was found" in explorer.silence_reason(owned)
        assert "commercial" in explorer.silence_reason(replace(owned, name="gtzan-mini"))


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A project whose one built page stands where chapters stand, beside its own music."""
    home = tmp_path_factory.mktemp("explorer")
    (home / "notebooks").mkdir()
    (home / "_config.yml").touch()
    (home / "_build" / "html" / "book" / "chapters").mkdir(parents=True)
    soundfile.write(home / "a b's & 100% <1>.wav", 0.1 * np.sin(np.arange(44_100) / 8), 22_050)
    (home / "broken.mp3").write_bytes(b"no music")
    return home


@pytest.fixture
def open_page(browser, home, monkeypatch):
    with visiting(browser) as visit:

        def build_page(dataset, *, viewport=WIDE, theme="light", script=True, names=None, titles=None, **options):
            monkeypatch.chdir(home)
            more = {"names": names, "titles": titles, "sounds": playlists.sound_addresses(dataset)}
            found = explorer.explorer_contents(dataset, *records(dataset, **options), **more)
            html = explorer.explorer_page(found)
            path = home / "_build" / "html" / "book" / "chapters" / "page.html"
            body = f'{html.data}<textarea id="elsewhere"></textarea>'
            write_page(path, body, "explorer", theme=theme, script=script)
            visited = visit(path, viewport)
            visited.told = told(html)
            return visited

        yield build_page


@pytest.fixture(scope="module")
def owned(named):
    """The named corpus with its files: the second track's is broken, the third's is gone."""
    paths = pd.Series("a b's & 100% <1>.wav", named.tracks.index)
    paths.iloc[1:3] = "broken.mp3", "gone.mp3"
    return replace(named, tracks=named.tracks.assign(path=paths))


def spot(visit, track, *, method=0, projection="tsne"):
    """Where a track lies on a canvas, from the contents alone; and the canvas."""
    shown = [m for m in visit.told["methods"] if m["slug"] in visit.told["shown"]]
    canvas = visit.page.locator("canvas").nth(method)
    scale = (canvas.evaluate("c => c.clientWidth") - 2 * MARGIN) / explorer.GRID
    x, y = shown[method]["maps"][projection][2 * track : 2 * track + 2]
    return canvas, {"x": 1 + MARGIN + x * scale, "y": 1 + MARGIN + y * scale}  # 1: the border


def alone(visit, **place):
    """A track with no other nearby, so that a pointer cannot miss it."""
    points = np.reshape(visit.told["methods"][0]["maps"]["tsne"], (-1, 2))[3:]
    apart = np.linalg.norm(points[:, None] - points, axis=2) + 1e6 * np.eye(len(points))
    return 3 + int(apart.min(axis=1).argmax())


def painted(canvas):
    """How much of the map is in strong colours: what is dimmed is pale."""
    return canvas.evaluate(
        """c => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => {
            const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
            let n = 0;
            for (let i = 0; i < d.length; i += 4) n += d[i + 3] > 200;
            done(n);
        })))"""
    )


def test_a_point_under_the_pointer_says_what_it_is(open_page, named):
    visit = open_page(named)
    track = alone(visit)
    canvas, place = spot(visit, track)
    canvas.hover(position=place)
    tip = visit.page.locator(".explorer-tip:visible")
    tip.wait_for()
    pca = visit.told["methods"][0]
    text = tip.inner_text().split("\n")
    about = named.tracks["genre"].iloc[track], named.ids[track]
    sure = f"cluster {'ABCD'[pca['cluster'][track]]}", f"{pca['agree'][track]} of 3 other seeds agree"
    assert text == [f"Song {track}", f"Artist {track % 6}", " · ".join(about), " · ".join(sure)]
    members = [other for other in range(120) if pca["cluster"][other] == pca["cluster"][track]]
    about = visit.page.inner_text(".explorer-about")
    assert f"{len(members)} tracks of 120." in about
    bars = visit.page.locator(".explorer-mix li").all_inner_texts()
    genres = named.tracks["genre"].iloc[members].value_counts()
    assert [int(bar.split()[-1]) for bar in bars] == [genres.get(f"genre {g}", 0) for g in "ABCD"]
    visit.page.mouse.move(0, 0)
    assert visit.page.locator(".explorer-tip:visible").count() == 0


def test_groups_are_called_by_their_names(open_page, named):
    _, clusters, _ = records(named, methods=("pca",))
    first = clusters[clusters["seed"] == 0].set_index("track_id")["cluster"]
    names = first.map({0: "calm <b>", 1: "loud", 2: None, 3: "old"})
    visit = open_page(named, methods=("pca",), names=names, titles={"pca": "Mine"})
    visit.page.get_by_label("Colour by").select_option(label="Cluster")
    legend = visit.page.locator(".explorer-legend button").all_inner_texts()
    assert sorted(text.partition(": ")[2] for text in legend) == ["", "calm <b>", "loud", "old"]
    canvas, place = spot(visit, track := alone(visit))
    canvas.hover(position=place)
    tip = visit.page.locator(".explorer-tip:visible").inner_text()
    assert (names.iloc[track] or "cluster") in tip


def test_a_click_plays_the_file_and_marks_the_track_in_every_map(open_page, owned):
    visit = open_page(owned)
    track = alone(visit)
    before = painted(visit.page.locator("canvas").nth(1))
    canvas, place = spot(visit, track)
    canvas.click(position=place)
    visit.page.wait_for_function("document.querySelector('.explorer audio').currentTime > 0")
    assert visit.page.evaluate("document.querySelector('.explorer audio').error") is None
    assert visit.page.inner_text(".explorer-about h3 >> nth=0") == f"Song {track}"
    assert painted(visit.page.locator("canvas").nth(1)) != before
    lists = visit.page.locator(".explorer-near")
    for place, method in enumerate(visit.told["methods"][:2]):
        names = [owned.tracks.iloc[near] for near in method["near"][track]]
        wanted = [owned.display_name(row.name) for row in names]
        assert lists.nth(place).locator("li").all_inner_texts() == wanted
        saved = unquote(lists.nth(place).locator("a[download]").get_attribute("href").partition(",")[2]).splitlines()
        assert saved[0] == "#EXTM3U"
        assert (
            next(line for line in saved if line.startswith("#EXTINF"))
            == f"#EXTINF:-1,{owned.display_name(owned.ids[track])}"
        )
        assert all(line.startswith("file:///") for line in saved[2::2])
    rows = visit.page.locator(".explorer-about tbody tr").all_inner_texts()
    assert [row.split("\t")[0] for row in rows] == ["PCA", "VAE", "No network"]
    assert rows[0].split("\t")[2] == f"{visit.told['methods'][0]['agree'][track]} of 3"
    lists.nth(1).locator("button").first.click()
    first = visit.told["methods"][1]["near"][track][0]
    assert visit.page.inner_text(".explorer-about h3 >> nth=0") == library_title(owned, first)
    assert visit.page.evaluate("document.querySelector('.explorer audio').paused")


def library_title(dataset, track):
    title = dataset.tracks["title"].iloc[track]
    return title if isinstance(title, str) else dataset.ids[track]


def test_what_cannot_be_played_says_why(open_page, owned):
    visit = open_page(owned)
    search = visit.page.get_by_role("combobox", name="Search")
    search.fill("script alert(1)")
    search.press("Enter")
    visit.page.get_by_role("button", name="Play").click()
    visit.page.get_by_text("This browser cannot play the file").wait_for()
    visit.failed.clear()  # what is no music is given up
    search.fill(owned.ids[2])
    search.press("Enter")
    assert "No file was found for this track" in visit.page.inner_text(".explorer-about")
    assert visit.page.get_by_role("button", name="Play").count() == 0


def test_clips_of_gtzan_are_never_played(open_page, owned):
    visit = open_page(replace(owned, name="gtzan"))
    track = alone(visit)
    canvas, place = spot(visit, track)
    canvas.click(position=place)
    assert "commercial recordings" in visit.page.inner_text(".explorer-about")
    assert visit.page.locator("audio[src]").count() == visit.page.get_by_role("button", name="Play").count() == 0


def test_search_finds_by_any_word_without_accents(open_page, named):
    visit = open_page(named)
    page = visit.page
    search = page.get_by_role("combobox", name="Search")
    everything = painted(page.locator("canvas").first)
    page.locator("body").press("/")
    page.keyboard.type("ARTIST 3 genre b")
    options = page.locator("#explorer-found [role=option]")
    assert options.count() == 8
    assert "and 7 more" in page.inner_text("#explorer-found")
    assert painted(page.locator("canvas").first) < everything / 2
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    active = page.locator(f"#{search.get_attribute('aria-activedescendant')}")
    chosen = active.locator("strong").inner_text()
    page.keyboard.press("Enter")
    assert page.inner_text(".explorer-about h3 >> nth=0") == chosen
    assert chosen in page.inner_text(".explorer-live")
    assert not page.locator("#explorer-found").is_visible()
    search.fill("É")
    assert options.count() == 8  # an e is in every genre's name
    search.fill("nothing of the kind")
    assert options.count() == 0
    assert "No track is called so." in page.inner_text("#explorer-found")
    page.locator("#elsewhere").press("/")
    assert page.locator("#elsewhere").input_value() == "/"


def test_search_finds_by_tag(open_page, tagged):
    visit = open_page(replace(tagged, tracks=tagged.tracks.assign(title=[*["Song"] * 119, "Piano man"])))
    page = visit.page
    everything = painted(page.locator("canvas").first)
    search = page.get_by_role("combobox", name="Search")
    assert search.get_attribute("placeholder") == "title, artist, genre, tag"
    options = page.locator("#explorer-found [role=option]")
    search.fill("Piano")
    assert page.inner_text(".explorer-live") == "13 tracks found"  # a tenth, and the one that is called so
    assert options.first.inner_text().startswith("Piano man")
    assert options.nth(1).inner_text().endswith(", piano, piano solo")
    assert painted(page.locator("canvas").first) < everything / 2
    search.fill("piano artist 3")
    assert page.inner_text(".explorer-live") == "2 tracks found"
    search.fill("80s")
    assert page.inner_text(".explorer-live") == "12 tracks found"
    search.press("Enter")
    about = page.inner_text(".explorer-about section >> nth=0")
    assert re.search(r"Tags: (rock, )?80s", about)
    search.fill("sad")
    assert "No track is called so or has such a tag." in page.inner_text("#explorer-found")


def test_a_tag_colours_the_maps(open_page, tagged):
    visit = open_page(tagged)
    colour = visit.page.get_by_label("Colour by")
    assert colour.locator("option").all_inner_texts()[-3:] == ["Tag: piano", "Tag: rock", "Tag: 80s"]
    picture = "c => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(c.toDataURL()))))"
    canvas = visit.page.locator("canvas").first
    drawn = {(colour.select_option(f"Tag: {tag}"), canvas.evaluate(picture))[1] for tag in ("rock", "piano", "80s")}
    assert len(drawn) == 3
    legend = visit.page.inner_text(".explorer-legend").split("\n")
    assert legend == ["least", "most", "Tenths of the corpus, by how likely a listening network finds the tag."]


def test_the_legend_narrows_the_maps_down(open_page, named):
    visit = open_page(named)
    canvas = visit.page.locator("canvas").first
    everything = painted(canvas)
    legend = visit.page.locator(".explorer-legend button")
    assert legend.all_inner_texts() == ["genre A", "genre B", "genre C", "genre D"]
    legend.nth(1).click()
    assert legend.nth(1).get_attribute("aria-pressed") == "true"
    assert painted(canvas) < everything / 2
    other = next(t for t in (alone(visit), *range(3, 120)) if named.tracks["genre"].iloc[t] != "genre B")
    canvas.hover(position=spot(visit, other)[1])
    shown = visit.page.locator(".explorer-tip:visible")
    assert shown.count() == 0 or "genre B" in shown.inner_text()
    legend.nth(1).click()
    visit.page.mouse.move(0, 0)
    assert painted(canvas) == everything


def test_every_colour_and_map_is_drawn(open_page, named):
    visit = open_page(named)
    canvas = visit.page.locator("canvas").first
    colour, projection = visit.page.get_by_label("Colour by"), visit.page.get_by_label("Map", exact=True)
    names = colour.locator("option").all_inner_texts()
    assert names == ["Genre", "Cluster", "Sureness of the cluster", "Artist", "Tempo", "Mode"]
    picture = "c => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(c.toDataURL()))))"
    assert len({(colour.select_option(name), canvas.evaluate(picture))[1] for name in names}) == len(names)
    assert projection.locator("option").all_inner_texts() == ["t-SNE", "UMAP", "PCA"]
    assert len({(projection.select_option(name), canvas.evaluate(picture))[1] for name in ("tsne", "umap", "pca")}) == 3
    colour.select_option("Tempo")
    assert visit.page.inner_text(".explorer-legend").split() == ["60", "180"]


def test_one_to_four_methods_side_by_side(open_page, named):
    methods = ("pca", "autoencoder", "vae", "conv_vae", "raw")
    visit = open_page(named, methods=methods, seeds=1)
    page = visit.page
    assert page.locator("figcaption").all_inner_texts() == ["PCA", "VAE"]
    page.get_by_label("VAE", exact=True).uncheck()
    assert page.get_by_label("PCA", exact=True).is_disabled()  # the last one stays
    for name in ("VAE", "Autoencoder", "No network"):
        page.get_by_label(name, exact=True).check()
    assert page.locator("canvas").count() == 4
    assert page.get_by_label("Conv-VAE").is_disabled()
    page.get_by_label("Map", exact=True).select_option("umap")  # raw has none, and says so
    boxes = [canvas.bounding_box() for canvas in page.locator("canvas").all()]
    assert boxes[0]["y"] == boxes[1]["y"] < boxes[2]["y"]
    assert "Sureness" not in page.inner_text(".explorer-bar")


def test_everything_works_by_keyboard(open_page, owned):
    visit = open_page(owned)
    page = visit.page
    reached = set()
    for _ in range(30):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.ariaLabel || document.activeElement.innerText"))
    assert {"PCA, map of 120 tracks", "VAE, map of 120 tracks", "genre A", "Zoom out"} <= reached
    canvas = page.locator("canvas").first
    canvas.focus()
    points = np.reshape(visit.told["methods"][0]["maps"]["tsne"], (-1, 2))
    live, names = page.locator(".explorer-live"), [owned.display_name(track) for track in owned.ids]

    def press(key):
        page.keyboard.press(key)
        return names.index(live.inner_text().rsplit(", ", 3)[0])

    start = press("ArrowRight")
    assert np.linalg.norm(points - explorer.GRID / 2, axis=1).argmin() == start
    for key, axis, sign in (("ArrowRight", 0, 1), ("ArrowUp", 1, -1), ("ArrowLeft", 0, -1), ("ArrowDown", 1, 1)):
        here = press(key)
        step = (points[here] - points[start]) * sign
        assert step[axis] > 0
        assert abs(step[1 - axis]) <= step[axis]
        start = here
    plain, zoomed = painted(canvas), page.keyboard.press("+")
    zoomed = painted(canvas)
    assert zoomed != plain
    page.keyboard.press("-")
    assert painted(canvas) == plain
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('.explorer audio').currentTime > 0")
    page.keyboard.press("Escape")
    assert page.evaluate("document.querySelector('.explorer audio').paused")
    assert "No track is chosen" in page.inner_text(".explorer-about")


def test_a_hostile_name_runs_nothing(open_page, named):
    visit = open_page(named)
    search = visit.page.get_by_role("combobox", name="Search")
    search.fill("onerror")
    assert visit.page.locator("#explorer-found [role=option]").inner_text().startswith(HOSTILE)
    search.press("Enter")
    visit.page.locator("canvas").first.focus()
    visit.page.wait_for_timeout(100)
    assert HOSTILE in visit.page.inner_text(".explorer-about")
    assert HOSTILE in visit.page.locator(".explorer-tip:visible").inner_text()
    search.fill("</script>")
    search.press("Enter")
    near = [m["near"] for m in visit.told["methods"][:2]]
    beside = next(track for track in range(2, 120) if any(0 in n[track] or 1 in n[track] for n in near))
    search.fill(named.ids[beside])
    search.press("Enter")
    assert visit.page.locator("img").count() == 0
    assert visit.page.locator("body script").count() == 0


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_has_contrast_and_a_phone_does_not_scroll_sideways(open_page, named, theme):
    visit = open_page(named, viewport=NARROW | {"width": 400}, theme=theme)
    page = visit.page
    page.locator("canvas").first.focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    boxes = [canvas.bounding_box() for canvas in page.locator("canvas").all()]
    assert boxes[0]["x"] == boxes[1]["x"]
    colours = page.evaluate(
        """() => ['ink', 'soft', 'accent', 'paper', 'wash', 'line'].map(name =>
            getComputedStyle(document.querySelector('.explorer')).getPropertyValue('--explorer-' + name).trim())"""
    )
    ink, soft, accent, paper, wash, line = map(luminance, colours)
    for text in (ink, soft, accent):
        for ground in (paper, wash):
            assert contrast(text, ground) >= 4.5
    assert contrast(line, paper) >= 3


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one, other):
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


def test_unlabelled_music_can_be_explored(open_page, corpus):
    visit = open_page(assemble("bare", corpus.tracks.assign(genre=pd.NA), corpus.features), seeds=1)
    track = alone(visit)
    canvas, place = spot(visit, track)
    canvas.click(position=place)
    assert visit.page.inner_text(".explorer-about h3 >> nth=0") == corpus.ids[track]
    assert "only the features of this corpus are known" in visit.page.inner_text(".explorer-about")
    assert visit.page.get_by_label("Colour by").locator("option").all_inner_texts() == ["Cluster"]
    assert "seed" not in visit.page.inner_text(".explorer-about")


def test_without_its_script_the_page_says_what_is_missing(open_page, named):
    visit = open_page(named, script=False)
    assert "any browser with JavaScript" in visit.page.inner_text(".explorer")


def test_of_a_library_too_large_for_a_map_its_sample_is_explored(monkeypatch, corpus):
    maps, clusters, spaces = records(corpus)
    half = set(corpus.ids[::2])
    monkeypatch.setattr(explorer, "MOST", 100)
    shown = explorer.explorer_contents(corpus, maps[maps["track_id"].isin(half)], clusters, spaces)
    assert shown["ids"] == corpus.ids[::2]
    assert all(len(method["cluster"]) == 60 for method in shown["methods"])
