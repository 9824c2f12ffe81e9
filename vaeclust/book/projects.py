"""``vaeclust new``: a book project of one's own, from what came with the package (page ``reproduce``)."""

import shutil
from pathlib import Path

from vaeclust.files import book_root, check_writable

PARTS = ("notebooks", "book", "benchmarks", "_config.yml", "_toc.yml", "jupytext.toml", "LICENSE")
# What runs and builds put among them.
_MADE = ("chapters", "_build", "ipynb", "__pycache__", ".*", "clips", "plotly.min.js", "vaeclust.pdf", "*.py")
_README = """# {name}

A copy of the book *Clustering music without labels*, to run on your own music and to change.

    vaeclust book                                    # every chapter, on a synthetic corpus: try this first
    vaeclust data FOLDER_OR_TABLE                    # checks your data and says how they were read
    vaeclust book --dataset FOLDER_OR_TABLE          # every chapter on them
    vaeclust run 03_vae -p latent_dim=8 -p seeds=3   # one chapter, other parameters
    vaeclust paper                                   # the paper as a PDF

The chapters are the text files in `notebooks/`; `jupyter lab notebooks` opens them as notebooks. Records go to
`results/`, the book to `_build/html/`. What the released numbers of the book are stands in `book/released/`.
"""
_IGNORED = ("results/", "_build/", "book/chapters/", "notebooks/ipynb/", "book/_static/plotly.min.js",
            "book/_static/clips/", "book/_static/vaeclust.pdf")  # fmt: skip


def new_project(folder: Path) -> Path:
    """Lay a book project down and return its folder.

    Raises
    ------
    ValueError
        For a folder that holds anything already.
    OSError
        For one that cannot be written.
    """
    source = book_root()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        held = "a book project" if (folder / "_config.yml").is_file() else "something"
        raise ValueError(f"{folder} holds {held} already; nothing was written. Give the name of a new folder")
    if not (source / "notebooks").is_dir():
        raise ValueError(f"the package is not whole: no chapters in {source}; install vaeclust again")
    check_writable(folder, "the project")
    workshop = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(workshop, ignore_errors=True)
    try:
        workshop.mkdir(parents=True)
        for part in PARTS:
            if (source / part).is_dir():
                shutil.copytree(source / part, workshop / part, ignore=shutil.ignore_patterns(*_MADE))
            else:
                shutil.copyfile(source / part, workshop / part)
        (workshop / "README.md").write_text(_README.format(name=folder.name), "utf-8")
        (workshop / ".gitignore").write_text("\n".join(_IGNORED) + "\n", "utf-8")
        if folder.exists():
            folder.rmdir()
        workshop.replace(folder)
    finally:
        shutil.rmtree(workshop, ignore_errors=True)
    return folder
