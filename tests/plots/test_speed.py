"""The figure of a training step: recorded and plain, and from tables that are older than the plain step."""

import pandas as pd
import pytest
from conftest import ROOT

from vaeclust.plots.speed import benchmark

RECORDED, PLAIN = "the whole step", "the plain step"


@pytest.mark.parametrize("steps", [(RECORDED,), (RECORDED, PLAIN)])
def test_every_step_that_was_measured_is_a_line(steps):
    table = pd.read_csv(ROOT / "benchmarks" / "floor.csv")
    others = table[~table["what"].isin([RECORDED, PLAIN])]
    rows = [{"model": m, "what": s, "unit": "ms", "median": 9.0} for m in table["model"].unique() for s in steps]
    figure = benchmark("floor", {"floor": pd.concat([others, pd.DataFrame(rows)])})
    (legend,) = figure.legends
    names = [text.get_text() for text in legend.get_texts()]
    assert set(names) == {*steps, "Adam", "matrix products", "elementwise operations"}
    lines = [line for line in figure.axes[0].collections if line.get_label() in steps]
    assert len(lines) == len(steps) == len({str(line.get_linestyle()) for line in lines})
