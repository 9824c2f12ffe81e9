"""How far our features agree with the GTZAN table: python benchmarks/agreement.py FOLDER_OF_CLIPS TABLE.

Writes benchmarks/agreement.csv: for every feature its correlation over the clips, and the largest difference in
standard deviations of the table's feature.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from vaeclust.corpus.sources import load


def main(clips: str, table: str) -> None:
    """Measure the clips, compare, write."""
    ours = load(clips, features="full").features
    theirs = load(table, features="full", exclude={}).features.loc[ours.index]
    rows = pd.DataFrame({
        "clips": len(ours),
        "correlation": [np.corrcoef(ours[name], theirs[name])[0, 1] for name in ours],
        "largest difference (sd)": ((ours - theirs).abs() / theirs.std()).max(),
    }, index=ours.columns.rename("feature"))  # fmt: skip
    rows.round(5).to_csv(Path(__file__).with_suffix(".csv"))
    print(rows.sort_values("correlation").head(8).round(5).to_string())


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
