"""The built pages, opened from disk in a real browser whose network is cut off."""

import re
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
import pandas as pd
import pytest
from browsing import NARROW, WIDE, Visit
from conftest import HOSTILE, ROOT, command

from vaeclust.book import chapters, html
from vaeclust.book.pages import ROLE
from vaeclust.evidence.words import score_facts
from vaeclust.methods.catalogue import RANKED
from vaeclust.released.answers import front_page_sentences
from vaeclust.released.facts import fill_facts, quotes, read_facts
from vaeclust.scores.metrics import METRICS
from vaeclust.studies.records import Record

OTHER_WIDTHS = (320, 360, 768, 1100)
CONTRAST = (ROOT / "tests" / "contrast.js").read_text(encoding="utf-8")
# What belongs into a log: warnings, progress bars, addresses in memory, more digits than anyone reads.
RAW = r"\w*Warning\b|Traceback|\d(?:it/s|s/it)|0x[0-9a-f]{6,}|\d\.\d{7,}"
FAULTS = """
Traceback (most recent
papermill-error
UserWarning
{glue:
{cite:p}
<Figure size
ipykernel_
...</td>
""".strip().splitlines()
# What the theme itself says on every page that has no launch button.
THEME_OWN = "THEBE_JS_URL"


@pytest.fixture(scope="module")
def pages(built_book):
    html = built_book / "_build" / "html"
    found = [p for p in sorted((html / "book").rglob("*.html")) if "_static" not in p.parts]
    assert len(found) >= 6
    return found


@pytest.fixture(scope="module", params=[(WIDE, "light"), (NARROW, "dark")], ids=["wide light", "phone dark"])
def visits(request, browser, pages):
    viewport, scheme = request.param
    context = browser.new_context(viewport=viewport, color_scheme=scheme)
    yield [Visit(context, path) for path in pages]
    context.close()


@pytest.fixture
def chapter(browser, built_book):
    context = browser.new_context(viewport=WIDE)

    def open_page(name):
        return Visit(context, built_book / "_build" / "html" / "book" / f"{name}.html").page

    yield open_page
    context.close()


def test_every_page_stands_alone(visits):
    for visit in visits:
        assert visit.outside == [], visit.name
        # The theme preloads its icon font in a way that browsers refuse from disk; its style sheet then loads it.
        assert [url for url in visit.failed if "fontawesome" not in url] == [], visit.name
        assert visit.page.evaluate("document.fonts.check('900 16px \"Font Awesome 6 Free\"')"), visit.name
        own = (THEME_OWN, "fontawesome", "net::ERR_FAILED")
        assert [c for c in visit.complaints if not any(words in c for words in own)] == [], visit.name


def sideways(page, width):
    """Return by how much a page is wider than a window, when all that slides as the window changes is in its place."""
    page.set_viewport_size({**page.viewport_size, "width": width})
    return page.evaluate("""() => {
      for (const slide of document.getAnimations().filter(one => one instanceof CSSTransition)) slide.finish();
      return document.documentElement.scrollWidth - document.documentElement.clientWidth;
    }""")


def test_no_page_scrolls_sideways(visits):
    for visit in visits:
        before = visit.page.viewport_size["width"]
        for width in (*OTHER_WIDTHS, before):
            overflow = sideways(visit.page, width)
            assert overflow <= 0, f"{visit.name} scrolls sideways by {overflow} px at {width}"


def test_words_that_do_not_fit_break_on_every_page(visits):
    lengthen = """() => {
      const all = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      const kept = "svg, script, style, noscript, pre, option, mjx-container, .headerlink";
      window.lengthened = [];
      while (all.nextNode()) {
        const text = all.currentNode;
        if (text.data.trim() && !text.parentElement.closest(kept)) window.lengthened.push([text, text.data]);
      }
      for (const [text, before] of window.lengthened) text.data = "W".repeat(60) + " " + before;
      return window.lengthened.length;
    }"""
    for visit in visits:
        before = visit.page.viewport_size["width"]
        assert visit.page.evaluate(lengthen) > 50
        for width in (*OTHER_WIDTHS, before):
            overflow = sideways(visit.page, width)
            assert overflow <= 0, f"{visit.name} scrolls sideways by {overflow} px at {width}"
        visit.page.evaluate("() => { for (const [text, before] of window.lengthened) text.data = before; }")


def test_pages_are_drawn_with_the_fonts_of_a_bare_machine(chapter):
    page = chapter("metrics")
    devtools = page.context.new_cdp_session(page)
    for domain in ("DOM.enable", "CSS.enable"):
        devtools.send(domain)
    root = devtools.send("DOM.getDocument")["root"]["nodeId"]
    drawn = set()
    for node in devtools.send("DOM.querySelectorAll", {"nodeId": root, "selector": "body *"})["nodeIds"]:
        fonts = devtools.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]
        drawn |= {font["familyName"] for font in fonts if not font["isCustomFont"]}
    assert drawn >= {"DejaVu Sans", "DejaVu Sans Mono"}
    assert all(name.startswith("DejaVu") for name in drawn), drawn


def test_all_text_stands_out_from_its_ground(visits):
    seen = 0
    for visit in visits:
        faint, texts = visit.page.evaluate(CONTRAST)
        assert faint == [], f"{visit.name}: {faint[:5]}"
        seen += texts
    assert seen > 2_000


def test_no_page_shows_what_belongs_into_a_log(visits):
    for visit in visits:
        found = re.search(rf".{{0,40}}(?:{RAW}).{{0,20}}", visit.page.inner_text("article"))
        assert found is None, f"{visit.name}: {found[0]}"


def test_pictures_are_drawn_and_described(visits):
    pictures = 0
    for visit in visits:
        for picture in visit.page.locator("article img").all():
            assert picture.get_attribute("alt"), visit.name
            assert picture.evaluate("i => i.complete && i.naturalWidth > 100"), visit.name
            pictures += 1
    assert pictures >= 10


def test_links_between_pages_lead_somewhere(visits):
    ids, followed, anchors = {}, 0, 0
    for visit in visits:
        links = visit.page.eval_on_selector_all("main a[href], nav a[href]", "all => all.map(a => a.href)")
        for link in {link for link in links if link.startswith("file:")}:
            address = urlsplit(link)
            target = Path(unquote(address.path))
            assert target.exists(), f"{link} on {visit.name}"
            followed += 1
            if address.fragment and target.suffix == ".html":
                if target not in ids:
                    ids[target] = set(re.findall(r'\bid="([^"]+)"', target.read_text(encoding="utf-8")))
                assert unquote(address.fragment) in ids[target], f"{link} on {visit.name}"
                anchors += 1
    assert followed > 20
    assert anchors > 50


def test_solutions_are_folded_until_they_are_asked_for(chapter):
    page = chapter("chapters/03_vae")
    solutions = page.locator(".solution.dropdown")
    assert solutions.count() == page.locator(".exercise").count() >= 2
    table = solutions.first.locator("table")
    assert not table.is_visible()
    solutions.first.locator(".toggle-button").click()
    table.wait_for(state="visible")
    assert table.locator("tbody tr").count() == 2


def test_on_paper_everything_is_unfolded_and_nothing_is_cut_off(chapter):
    page = chapter("chapters/03_vae")
    page.emulate_media(media="print")
    for table in page.locator(".solution table").all():
        assert table.evaluate("t => t.checkVisibility({opacityProperty: true, visibilityProperty: true})")
    assert page.locator("details pre").first.is_visible()
    for part in (".bd-sidebar-primary", ".bd-sidebar-secondary", ".bd-header-article", ".copybtn", ".js-plotly-plot"):
        assert page.locator(part).count()
        assert not page.locator(part).first.is_visible(), part
    cut = (
        "all => all.filter(e => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflowX != 'visible').length"
    )
    assert page.eval_on_selector_all("article pre, article .cell_output", cut) == 0


def test_the_status_page_tells_of_every_chapter(chapter, built_book):
    page = chapter("chapters/status")
    rows = page.locator("table").first.locator("tbody tr")
    names = [path.stem for path in sorted((built_book / "notebooks").glob("*.md"))]
    assert rows.count() == len(names)
    assert "–" not in rows.nth(names.index("03_vae")).inner_text()
    run = Record("small", "vae", built_book / "results").run()
    assert run["checksum"][:8] in rows.nth(names.index("03_vae")).inner_text()
    assert run["versions"]["torch"] in page.inner_text("#versions")


def test_every_chapter_shows_the_line_that_runs_it_and_no_button_without_a_repository(chapter, pages, table_path):
    shown = chapter("chapters/03_vae").inner_text("#parameters").replace("\\\n", "")
    line = f"papermill jupytext://notebooks/03_vae.md out.ipynb -r dataset {table_path} -r tracks tracks.csv"
    assert line in re.sub(" +", " ", shown)
    for path in pages:
        assert "mybinder.org/v2" not in path.read_text(encoding="utf-8")


def test_no_page_shows_an_error_a_warning_or_a_raw_role(pages):
    for path in pages:
        text = path.read_text(encoding="utf-8")
        for bad in FAULTS:
            assert bad not in text, f"{bad} in {path.name}"


def test_the_front_page_answers_in_sight(chapter, built_book):
    page = chapter("index")
    sentences = fill_facts(front_page_sentences(built_book), read_facts(built_book)).splitlines()
    assert len(sentences) == 4
    for sentence in sentences:
        said = re.sub(r"^\d\. |\*\*", "", sentence)
        assert said in page.inner_text("#the-answer-on-gtzan")
    shown = [image for image in page.locator("#the-answer-on-gtzan img").all() if image.is_visible()]
    assert [Path(image.get_attribute("src")).name for image in shown] == ["answer-light.svg"]
    page.emulate_media(color_scheme="dark")
    page.wait_for_selector("#the-answer-on-gtzan img[src*=answer-dark]", state="visible")
    link = page.locator("a[href$='.pdf']").evaluate("a => a.href")
    assert Path(link.removeprefix("file://")).read_bytes().startswith(b"%PDF-")
    assert page.locator("#the-parts a.sd-stretched-link").count() >= 9


def test_the_front_page_opens_with_ones_own_corpus(chapter):
    page = chapter("index")
    own, study = page.locator("article h2").all_inner_texts()[:2]
    assert own.startswith("Your corpus: ")
    assert study.startswith("The answer, on GTZAN")
    said = page.inner_text("section[id^='your-corpus']")
    assert "120 tracks, 20 features, 4 genres" in said
    assert "without a network, has an NMI of" in said
    drawn = page.locator("section[id^='your-corpus'] img")
    assert drawn.evaluate("image => image.complete && image.naturalWidth > 100")
    assert page.locator("section[id^='your-corpus'] a[href$='07_comparison.html']").count() == 1


def test_maths_is_typeset(chapter):
    page = chapter("metrics")
    page.wait_for_selector("mjx-container svg", timeout=10_000)
    assert page.locator("mjx-container svg").count() >= 12
    assert "\\frac" not in page.inner_text("article")


def test_the_interactive_map_answers_the_pointer(chapter):
    page = chapter("chapters/03_vae")
    plot = page.locator("#vae-map-interactive")
    plot.scroll_into_view_if_needed()
    page.wait_for_function("document.querySelector('#vae-map-interactive')?.data?.length > 1")
    assert plot.evaluate("p => p._fullData.reduce((n, trace) => n + trace.x.length, 0)") == 120
    page.evaluate("Plotly.Fx.hover('vae-map-interactive', [{curveNumber: 0, pointNumber: 0}])")
    page.wait_for_selector("#vae-map-interactive .hoverlayer text", timeout=5_000)
    assert "track" in page.text_content("#vae-map-interactive .hoverlayer")


def test_a_click_on_the_map_plays_the_track_and_a_hostile_title_runs_nothing(chapter):
    page = chapter("chapters/10_your_music")
    dialogs = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    plot = page.locator("#your-music-map-interactive")
    plot.scroll_into_view_if_needed()
    page.wait_for_selector("#your-music-map-interactive ~ audio", state="attached")
    plot.evaluate(
        "p => p.emit('plotly_click', {points: [{customdata: p.data[0].customdata[0], text: p.data[0].text[0]}]})"
    )
    page.wait_for_function("document.querySelector('#your-music-map-interactive ~ audio').currentTime > 0")
    assert page.evaluate("document.querySelector('#your-music-map-interactive ~ audio').error") is None
    assert HOSTILE in page.inner_text("#your-music-map-interactive + p")
    assert HOSTILE in page.inner_text("#the-songs")
    assert page.locator("article img[src=x]").count() == 0
    assert dialogs == []


def test_the_explorer_plays_the_corpus_and_a_hostile_title_runs_nothing(chapter):
    page = chapter("chapters/11_explorer")
    dialogs = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.locator(".explorer canvas").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('.explorer audio').currentTime > 0")
    assert f"Ann – {HOSTILE}" in page.inner_text(".explorer-near >> nth=0")
    assert "of 1 other seed agree" in page.inner_text(".explorer-tip:visible")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "explorer-search"
    assert page.locator("article img[src=x]").count() == 0
    assert dialogs == []


def test_playlists_lead_to_the_files(built_book):
    folder = built_book / "results" / "small" / "your_music" / "playlists"
    lists = sorted(folder.glob("*.m3u8"))
    entries = [line for path in lists for line in path.read_text(encoding="utf-8").splitlines() if line[0] != "#"]
    assert len(entries) == 120
    assert all((folder / entry).is_file() for entry in entries)
    assert lists[0].read_text(encoding="utf-8").startswith("#EXTM3U\n#EXTINF:1,Ann - <img")


def test_numbers_in_the_prose_are_those_of_the_records(chapter, built_book):
    intervals = Record("small", "vae", built_book / "results").read("intervals")
    prose = chapter("chapters/03_vae").inner_text("#what-we-saw")
    for key in ("vae_silhouette", "vae_silhouette_input", "vae_ari", "vae_nmi", "vae_purity"):
        assert score_facts(intervals)[key] in prose


def test_the_index_lists_every_text_with_a_record_that_exists(chapter, built_book):
    written = "".join(path.read_text() for path in (built_book / "notebooks").glob("*.md"))
    executed = [nbformat.read(path, as_version=4) for path in (built_book / "book" / "chapters").glob("*.ipynb")]
    prose = "".join(cell.source for page in executed for cell in page.cells if cell.cell_type == "markdown")
    left_out = len(re.findall(ROLE, written)) - len(re.findall(ROLE, prose))
    assert 0 <= left_out < 10  # sentences on what this corpus has nothing for
    quoted = quotes(built_book)
    assert len(quoted) > 40
    page = chapter("chapters/evidence")
    rows = page.locator("main table tbody tr")
    assert rows.count() - len(quoted) == len(re.findall(ROLE, prose)) > 60
    text = page.inner_text("main")
    assert "{glue" not in text
    assert "results/small/vae/intervals.csv" in text
    assert (built_book / "results" / "small" / "vae" / "intervals.csv").is_file()
    for source in set(re.findall(r"book/released/[\w*/.]+", text)):
        assert list(built_book.glob(source)), source


FIGURES = {
    "data": "features correlations genres",
    "pca": "explained_variance cluster_sizes silhouettes scores_by_k map_tsne label_mix",
    "vae": "network history reconstruction dimensions traversal ward_tree k_distance silhouettes map_tsne label_mix",
    "conv_vae": "network history reconstruction dimensions traversal cluster_sizes silhouettes map_tsne label_mix",
    "beta_vae": "history collapse rate_distortion dimensions traversal scores_by_beta scores_by_beta_input maps_genre",
    "multimodal_vae": "network history reconstruction dimensions cluster_sizes silhouettes map_tsne label_mix",
    "your_music": "choice_of_k map silhouettes",
    "explorer": "sureness",
    "beyond": "stability_of_settings pipelines pipelines_gtzan",
    "comparison": "heatmap heatmap_scaled bars ranks bars_input agreement stability maps_genre maps_cluster "
    "critical_differences controls controls_gtzan disentanglement",
}


@pytest.mark.parametrize("slug", FIGURES)
def test_figures_are_files_too(built_book, slug):
    for name in FIGURES[slug].split():
        figure = ET.parse(built_book / "results" / "small" / slug / "figures" / f"{name}.svg").getroot()
        assert figure.tag.endswith("svg")
        drawn = [e for e in figure.iter() if e.tag.endswith(("path", "use", "image"))]
        assert len(drawn) > 10, f"{name} of {slug} looks empty"


def test_every_map_of_every_method_is_in_the_records(built_book):
    for slug in RANKED:
        maps = Record("small", slug, built_book / "results").read("maps")
        assert set(maps["projection"]) == {"tsne", "pca", "umap"}
        assert (maps.groupby("projection").size() == 120).all()


def test_the_tables_of_the_study_are_on_disk(built_book):
    folder = built_book / "results" / "small"
    comparison = pd.read_csv(folder / "comparison.csv", index_col="method")
    assert list(comparison) == [*METRICS, "overall", "rank"]
    assert list(comparison.index) == list(RANKED)
    betas = pd.read_csv(folder / "beta_comparison.csv", index_col="beta")
    assert list(betas.index) == [0.1, 0.5, 1, 2, 4, 8, 16]
    assert betas.loc[1.0, list(METRICS)].tolist() == pytest.approx(comparison.loc["vae", list(METRICS)].tolist())


def test_a_click_sorts_the_table_and_the_numbers_can_be_downloaded(chapter):
    page = chapter("chapters/07_comparison")
    table = page.locator("table.sortable").first
    button = table.locator("thead button", has_text="Silhouette")
    values = "t => [...t.tBodies[0].rows].map(r => Number(r.cells[2].dataset.value)).filter(v => !isNaN(v))"
    button.click()
    assert (rising := table.evaluate(values)) == sorted(rising)
    button.press("Enter")
    assert (falling := table.evaluate(values)) == sorted(rising, reverse=True)
    assert len(falling) >= 16
    assert table.locator("th[aria-sort=descending]").count() == 1
    with page.expect_download() as download:
        page.get_by_text("Download these numbers as CSV").first.click()
    assert len(pd.read_csv(download.value.path())) == len(RANKED) * 3


@pytest.mark.parametrize("name", ["01_pca", "03_vae", "07_comparison"])
def test_the_page_says_on_which_data_it_was_executed(chapter, name):
    assert "small: 120 tracks" in chapter(f"chapters/{name}").inner_text("#data")


def test_cells_of_a_page_have_stable_ids_and_no_paths_of_the_run(built_book):
    for page in (built_book / "book" / "chapters").glob("*.ipynb"):
        notebook = nbformat.read(page, as_version=4)
        assert [cell.id for cell in notebook.cells] == [f"cell-{i}" for i in range(len(notebook.cells))]
        assert "papermill" not in notebook.metadata


def test_a_second_book_of_the_same_keeps_every_chapter_and_the_html(built_book, table_path):
    front = built_book / "_build" / "html" / "book" / "index.html"
    before = front.stat().st_mtime_ns
    options = ["--tracks", "tracks.csv", "-p", "seeds=2", "-p", "epochs=3"]
    done = command("vaeclust", "book", "--dataset", table_path, *options, cwd=built_book)
    assert done.returncode == 0, done.stderr
    said = [line.split()[0] for line in done.stdout.splitlines() if line.startswith(("kept", "done"))]
    assert said == ["kept"] * len(chapters.all_chapters(built_book))
    assert front.stat().st_mtime_ns == before


def test_pages_of_ones_own_have_a_book_beside_them(built_book, monkeypatch):
    monkeypatch.chdir(built_book)
    front = built_book / "_build" / "html" / "book" / "index.html"
    before = front.stat().st_mtime_ns
    pages = built_book / "own" / "pages"
    shutil.copytree(built_book / "book" / "chapters", pages, ignore=shutil.ignore_patterns("*.md"))
    page = pages / "03_vae.ipynb"
    page.write_text(page.read_text().replace("# Variational autoencoder", "# Another run of the VAE"))

    own = html.build_html(built_book, pages=pages)

    assert own == built_book / "own" / "book" / "_build" / "html" / "book" / "index.html"
    assert "Another run of the VAE" in (own.parent / "chapters" / "03_vae.html").read_text()
    built = own.stat().st_mtime_ns
    assert html.build_html(built_book, pages=pages).stat().st_mtime_ns == built  # nothing has changed
    assert front.stat().st_mtime_ns == before
    assert "Another run of the VAE" not in (front.parent / "chapters" / "03_vae.html").read_text()
