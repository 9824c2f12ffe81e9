"""How far our moods agree with the package that the network comes from: python benchmarks/moods.py FOLDER_OF_CLIPS.

Writes benchmarks/moods.csv: for every mood, over the clips, the mean that the package gives and the largest difference
from ours. With a second argument, the folder of 1,000 songs with the service's own values, also
benchmarks/moods_service.csv: how far the moods heard in them put them into the service's order.
"""

import os
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from vaeclust.corpus import audio, moods
from vaeclust.evidence import mood_agreement

FOLDER = Path(__file__).resolve().parent


def compare_with_the_package(clips: list[Path]) -> pd.DataFrame:
    """Return ``clips, mean, largest difference`` of every mood."""
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # onnxruntime reports to its maker otherwise
    import vibenet

    network = vibenet.load_model()
    theirs = pd.DataFrame([network.predict(clip)[0].to_dict() for clip in clips])[list(moods.MOODS)]
    ours = np.stack([moods.measure_moods(audio.decode(clip, sample_rate=moods.SAMPLE_RATE)) for clip in clips])
    table = {"clips": len(clips), "mean": theirs.mean(), "largest difference": (theirs - ours).abs().max()}
    return pd.DataFrame(table).rename_axis("mood")


def compare_with_the_service(songs: Path) -> pd.DataFrame:
    """Return ``songs, correlation, low, high`` of every mood, from listening.npz and service_values.csv of a folder."""
    told = pd.read_csv(songs / "service_values.csv", index_col="track_id")
    with np.load(songs / "listening.npz") as arrays:
        heard = pd.DataFrame(arrays["moods"], index=arrays["track_id"], columns=moods.MOODS)
    return mood_agreement(heard, told)


def main(clips: Path, songs: Path | None = None) -> None:
    """Compare and write."""
    moods.fetch()
    tables = {"moods": compare_with_the_package(sorted(clips.rglob("*.wav")))}
    if songs is not None:
        tables["moods_service"] = compare_with_the_service(songs)
    for name, table in tables.items():
        table.round({"largest difference": 7}).round(dict.fromkeys(["mean", "correlation", "low", "high"], 3)).to_csv(
            FOLDER / f"{name}.csv", lineterminator="\n"
        )
        print(table.to_string(), flush=True)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    main(*map(Path, sys.argv[1:]))
