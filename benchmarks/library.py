"""The library alone: imports, a kept model on new tracks, and scikit-learn's own checks with the default settings."""

import subprocess
import sys
import warnings

import numpy as np
from measure import paired, processor_seconds, spread, wall_seconds, write


def library(repetitions: int) -> None:
    """Write library.csv."""
    import torch
    from sklearn.utils.estimator_checks import check_estimator

    from vaeclust.cores import torch_thread
    from vaeclust.estimators import ESTIMATORS, VAE

    points = np.random.default_rng(0).normal(size=(10_000, 57))
    estimator = VAE(epochs=1, random_state=0).fit(points[:1_000])
    seen = torch.from_numpy(estimator.scale_(points))

    def forward(repetition):
        with torch_thread(), torch.no_grad():
            estimator.model_(seen)

    twenty = {
        "forward pass of 10,000 tracks": lambda _: [forward(_) for _ in range(20)],
        "transform of 10,000 tracks": lambda _: [estimator.transform(points) for _ in range(20)],
    }
    times = {name: [value / 20 for value in values] for name, values in paired(twenty, repetitions).items()}
    ratios = np.divide(times["transform of 10,000 tracks"], times["forward pass of 10,000 tracks"]).tolist()
    rows = [{"what": name, **spread(values)} for name, values in times.items()]
    rows.append({"what": "transform over forward pass, a ratio", **spread(ratios)})
    for module in ("vaeclust", "vaeclust.estimators"):
        command = [sys.executable, "-c", f"import {module}"]
        bare = [wall_seconds(subprocess.run, [sys.executable, "-c", ""]) for _ in range(repetitions)]
        times = [wall_seconds(subprocess.run, command) for _ in range(repetitions)]
        rows.append({"what": f"import {module}", **spread([a - b for a, b in zip(times, bare, strict=True)])})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for slug, kind in ESTIMATORS.items():
            given = {} if slug == "raw" else {"latent_dim": 1} if slug == "pca" else {"random_state": 0}
            checked = processor_seconds(check_estimator, kind(**given))  # raises where a check fails
            rows.append({"what": f"check_estimator({kind.__name__}), defaults", **spread([checked])})
    write("library", rows)
