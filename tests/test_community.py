"""The files for those who join: they parse, agree with the package, and their example runs."""

import re
import tomllib

import numpy as np
import pytest
import yaml
from conftest import ROOT

import vaeclust
from vaeclust.methods import models, training
from vaeclust.methods.catalogue import METHODS, Method

CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_the_worked_example_is_a_working_method(corpus, monkeypatch):
    model, row = re.findall(r"```python\n(.*?)```", CONTRIBUTING, re.DOTALL)[:2]
    names = vars(models).copy()
    exec(model, names)
    monkeypatch.setattr(models, "LinearAutoencoder", names["LinearAutoencoder"], raising=False)
    method = eval(row, {"Method": Method})
    monkeypatch.setitem(METHODS, method.slug, method)

    fit = training.fit(method.slug, corpus, range(2), epochs=60, latent_dim=5, learning_rate=1e-2)
    alone = training.fit(method.slug, corpus, [1], epochs=60, latent_dim=5, learning_rate=1e-2)
    np.testing.assert_array_equal(fit.embeddings[1], alone.embeddings[0])

    # It says of itself that it spans the space of PCA.
    span, _ = np.linalg.qr(fit.models[0].decoder.weight.detach().numpy())
    axes = training.fit("pca", corpus, [0], latent_dim=5).models[0].components_
    cosines = np.linalg.svd(axes @ span, compute_uv=False)
    assert cosines.min() > 0.9
    variant = re.search(r'`(Method\("vae_half".*?\))`', CONTRIBUTING).group(1)
    assert eval(variant, {"Method": Method}).settings == {"beta": 0.5}


def test_commands_that_are_named_exist():
    makefile = (ROOT / "Makefile").read_text()
    for text in (CONTRIBUTING, (ROOT / "README.md").read_text(), (ROOT / "book" / "style.md").read_text()):
        for target in set(re.findall(r"`make (\w+)|^make (\w+)", text, re.MULTILINE)):
            name = "".join(target)
            assert re.search(rf"^{name}:", makefile, re.MULTILINE), name


def test_files_that_other_programs_read_parse():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert citation["version"] == version == vaeclust.__version__
    assert citation["references"][0]["authors"][0]["family-names"] == "Mostakim"
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
    assert {"ruff", "ruff-format"} <= {hook["id"] for hook in hooks}
    assert "Unreleased" in (ROOT / "CHANGELOG.md").read_text()


WORKFLOWS = {path.stem: path.read_text() for path in (ROOT / ".github" / "workflows").glob("*.yml")}


@pytest.mark.parametrize("name", ["test", "book", "weekly"])
def test_workflows_use_known_actions_and_targets_of_the_makefile(name):
    workflow = yaml.safe_load(WORKFLOWS[name])
    assert workflow[True]  # "on", as YAML reads it
    assert workflow["permissions"]["contents"] == "read"
    makefile = (ROOT / "Makefile").read_text()
    for job in workflow["jobs"].values():
        assert job["runs-on"].startswith("ubuntu-")
        for step in job["steps"]:
            assert ("uses" in step) != ("run" in step)
            assert re.fullmatch(r"actions/[a-z-]+@v\d+", step.get("uses", "actions/x@v1"))
            for target in re.findall(r"make (\w+)", step.get("run", "")):
                assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_workflows_do_what_they_are_for():
    jobs = {name: yaml.safe_load(text)["jobs"] for name, text in WORKFLOWS.items()}
    assert [step.get("run") for step in jobs["test"]["test"]["steps"]][-1] == "make test"
    assert jobs["book"]["deploy"]["needs"] == "build"
    steps = [step.get("run") for step in jobs["weekly"]["drift"]["steps"]]
    assert steps.index("make book") < steps.index("make check")
    assert "cron" in yaml.safe_load(WORKFLOWS["weekly"])[True]["schedule"][0]
