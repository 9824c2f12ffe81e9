"""One table, three ways to show it; sorted by numbers, called by titles."""

import re

import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell

from vaeclust.cells.tables import html_table, number_table, text_table
from vaeclust.evidence.differences import FIRST, KEYS, LAID_OUT, released_differences, released_gains, survivors
from vaeclust.evidence.pipelines import pipeline_means, pipeline_table
from vaeclust.evidence.published import comparable_rows
from vaeclust.evidence.ranks import metric_means
from vaeclust.evidence.tables import (
    Table,
    baseline_table,
    condition_scores,
    difference_table,
    published_comparison,
    rank_table,
    score_table,
)
from vaeclust.evidence.words import NO_DIFFERENCES, difference_numbers
from vaeclust.released.typst import typst_rows
from vaeclust.released.writing import markdown_table
from vaeclust.studies.kept import released_pipelines, released_records
from vaeclust.studies.records import pick


@pytest.fixture(scope="module")
def intervals():
    return released_records("intervals", "gtzan")


def html_cells(shown):
    """Return the text of every row of an HTML table, without marks."""
    rows = re.findall(r"<tr>(.*?)</tr>", shown.data)
    return [re.findall(r">([^<>]+)</(?:button|th|td|strong)>", row.replace("\N{NO-BREAK SPACE}", " ")) for row in rows]


def test_the_three_renderings_say_the_same(intervals):
    table = score_table(intervals, clusterers=("kmeans",), ranked=True)
    plain = table.lines()
    assert html_cells(html_table(table)) == plain
    markdown = [line.strip("| ").split(" | ") for line in markdown_table(table).replace("**", "").splitlines()]
    assert [markdown[0], *markdown[2:]] == plain
    typst = typst_rows(table)
    assert [[cell.strip("*").replace("\N{NO-BREAK SPACE}", " ") for cell in row] for row in typst] == plain


def test_bold_is_bold_in_all_of_them():
    text = pd.DataFrame({"nmi": ["0.3", "0.2"]}, index=pd.Index(["pca", "vae"], name="method"))
    table = Table.keyed(text, bold=text == "0.3")
    assert "<td><strong>0.3</strong></td>" in html_table(table).data
    assert markdown_table(table).splitlines()[2:] == ["| PCA | **0.3** |", "| VAE | 0.2 |"]
    assert typst_rows(table)[1:] == [["PCA", "*0.3*"], ["VAE", "0.2"]]


def test_what_stands_in_a_table_is_text_and_not_markup():
    text = pd.DataFrame({"nmi": ["<b>"]}, index=pd.Index(["<i>"], name="<u>"))
    shown = html_table(Table.keyed(text, numbers=pd.DataFrame({"nmi": [1.0]}, index=text.index))).data
    assert re.findall(r"<[biu]>", shown) == []


def test_only_the_methods_of_the_study_are_ranked_and_the_best(intervals):
    with_raw = pd.concat([intervals, released_records("intervals", methods=["raw"])])
    alone, both = (score_table(table, clusterers=("kmeans",), ranked=True) for table in (intervals, with_raw))
    assert both.text.loc["raw", "rank"] == "–"
    assert not both.bold.loc["raw"].any()
    pd.testing.assert_frame_equal(both.text.drop("raw"), alone.text)
    pd.testing.assert_frame_equal(both.bold.drop("raw"), alone.bold)


def test_a_rank_is_sorted_by_itself(intervals):
    table = rank_table(metric_means(comparable_rows(intervals)))
    assert table.numbers["rank"].tolist() == [float(text) for text in table.text["rank"]]
    values = re.findall(r'data-value="([^"]+)"><strong>1</strong>', html_table(table).data)
    assert values == ["1"]


def test_a_method_is_named_once_beside_its_sources(intervals):
    table = published_comparison(intervals)
    assert [row[0] for row in table.lines()[1:6]] == ["PCA", "", "Autoencoder", "", ""]
    assert '<th scope="row" rowspan="2">PCA</th>' in html_table(table).data
    assert not (table.text == "–").all(axis=1).any()
    bare = published_comparison(intervals, distances=False)
    assert bare.text.loc[("pca", "table"), "ari"] == "0.099"
    assert table.text.loc[("pca", "table"), "ari"].startswith("0.099 (−")


def test_differences_stand_out_where_they_have_a_verdict():
    table = pick(released_differences(), baseline=["pca", "raw"])
    shown = baseline_table(table)
    assert shown.heads[1:] == [
        f"{metric} against {name}" for metric in ("NMI", "ARI") for name in ("PCA", "No network")
    ]
    assert shown.row_heads[0] == ("PCA",)
    assert shown.text.loc["pca", ("nmi", "pca")] == "–"
    for row, remains in zip(table.itertuples(), survivors(table), strict=True):
        assert shown.bold.loc[row.method, (row.metric, row.baseline)] == remains
    assert 0 < survivors(table).sum() < (table["verdict"] != "none").sum()
    alone = difference_table(table, columns=["metric", "baseline"])
    assert alone.bold.to_numpy().sum() == (table["verdict"] != "none").sum()
    numbers = baseline_table(table, words=difference_numbers)
    pd.testing.assert_frame_equal(numbers.bold, shown.bold)
    assert numbers.text.loc["vae", ("nmi", "pca")] == "−0.003 (−0.021, +0.015)"


def test_a_table_without_differences_is_empty():
    none = pd.DataFrame(columns=["condition", "metric", "mean", "sd", "low", "high", "verdict"])
    assert difference_table(none, rows="condition").lines() == [["Condition"]]
    assert html_table(difference_table(none, rows="condition")).data == f'<p class="facts">{NO_DIFFERENCES}</p>'


def test_pipelines_are_called_by_one_title():
    means = pipeline_means(released_records("intervals", methods=released_pipelines()))
    assert list(means.index.names) == KEYS
    assert LAID_OUT in means.index[:2]
    shown = html_cells(number_table(means, name="pipelines"))
    assert shown[0][:2] == ["Pipeline", "Silhouette ↑"]
    assert "UMAP, K-Means, 57 features" in {row[0] for row in shown[1:3]}
    gains = difference_table(released_gains(FIRST), rows=KEYS)
    assert ["UMAP, K-Means, 57 features", "0.100 higher (+0.066 to +0.133)"] in gains.lines()


def test_a_cell_shows_a_table_by_its_name():
    shell = InteractiveShell.instance()
    frame = pd.DataFrame({"score": ["0.250 ± 0.003"], "seeds": [10]}, index=pd.Index(["VAE"], name="method"))
    table = Table.keyed(pd.DataFrame({"text": ["<b>"]}, index=pd.Index(["pca"], name="method")))
    shell.run_cell("from vaeclust import plots; plots.use_book_style()").raise_error()

    def html(shown):
        return shell.display_formatter.format(shown)[0]["text/html"]

    assert html(table) == html_table(table).data
    assert html(frame) == text_table(frame).data
    one_seed = pd.DataFrame({"score": ["0.250"], "seeds": [1]}, index=["one draw"])
    assert html(one_seed) == text_table(one_seed).data
    numbers, long = frame[["seeds"]].rename({"VAE": "the VAE"}), pd.concat([frame] * 100)
    assert html(numbers) == numbers._repr_html_()
    assert html(long) == long._repr_html_()  # cut to its first and last rows
    assert html(frame.iloc[:0]) == frame.iloc[:0]._repr_html_()
    InteractiveShell.clear_instance()


def test_the_first_pipeline_stands_under_the_best():
    intervals = released_records("intervals", methods=released_pipelines())
    table = pipeline_table(intervals, released_gains(FIRST), longest=3)
    assert len(table.text) == 4
    assert table.lines()[1][-1] == "+0.067 to +0.135"
    assert table.lines()[-1][0] == "No network, K-Means, as given"
    assert table.lines()[-1][-1] == "–"


def test_conditions_are_rows_and_references_columns(intervals):
    table = condition_scores(pick(intervals, method="vae"))
    assert list(table.index) == ["as given", "untrained", "duplicates removed", "fault-filtered tracks"]
    assert list(table)[:2] == ["NMI (genre)", "NMI (artist)"]


def test_a_corpus_without_labels_has_a_table_of_what_it_has(intervals):
    unlabelled = intervals[intervals["space"] != "labels"]
    assert score_table(unlabelled).heads[2:] == ["Silhouette ↑", "Calinski-Harabasz ↑", "Davies-Bouldin ↓"]
    assert list(condition_scores(pick(unlabelled, method="vae"))) == [
        "Silhouette (own space)", "Silhouette (input space)",
    ]  # fmt: skip
