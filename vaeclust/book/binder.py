"""A Sphinx extension: a button on every chapter that opens its text notebook in Binder (page ``reproduce``).

The theme's own button would open the executed page, which no repository holds, and fails where no repository is known.
"""

import os
from typing import Any
from urllib.parse import quote

from vaeclust.files import project_root

BINDER = "https://mybinder.org/v2"
VARIABLE = "VAECLUST_REPOSITORY"  # goes before ``repository_url`` of _config.yml: whoever publishes a fork sets it


def address(repository: str, branch: str, path: str) -> str:
    """Return where Binder opens a file of a repository in JupyterLab.

    Raises ValueError for a repository that is no web address.
    """
    repository = repository.rstrip("/").removesuffix(".git")
    scheme, _, place = repository.partition("://")
    if scheme not in ("http", "https") or place.count("/") < 2:
        raise ValueError(f"repository_url {repository!r}; expected such as https://github.com/owner/name")
    host, _, name = place.partition("/")
    where = f"gh/{name}" if host == "github.com" else f"git/{quote(repository, safe='')}"
    return f"{BINDER}/{where}/{quote(branch, safe='')}?urlpath={quote('lab/tree/' + path, safe='')}"


def add_button(app: Any, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Add the button to the head of a chapter's page, if the repository is known (event ``html-page-context``)."""
    options = app.config.html_theme_options
    repository = os.environ.get(VARIABLE) or options.get("repository_url") or ""
    notebook = f"notebooks/{pagename.rsplit('/', 1)[-1]}.md"
    if repository and pagename.startswith("book/chapters/") and (project_root() / notebook).is_file():
        button = {"type": "link", "icon": "fas fa-rocket", "label": "binder-button"}
        button |= {"tooltip": "Open this chapter in Binder", "text": "Binder"}
        button["url"] = address(repository, options.get("repository_branch") or "main", notebook)
        context["header_buttons"].append(button)


def setup(app: Any) -> dict[str, bool]:
    """Connect to Sphinx, after the theme has made its list of buttons."""
    app.connect("html-page-context", add_button, priority=502)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
