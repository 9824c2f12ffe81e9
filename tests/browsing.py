"""What tests of pages share: the browser's program, two sizes of window, a visit to a page."""

import shutil
from contextlib import contextmanager
from pathlib import Path

STATIC = (Path(__file__).resolve().parent.parent / "book" / "_static").as_uri()
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --proxy-server=127.0.0.1:9"
).split()
WIDE, NARROW = {"width": 1400, "height": 1000}, {"width": 420, "height": 900}


class Visit:
    """A page, what it asked for and what it complained about."""

    def __init__(self, context, path):
        self.name, self.path = path.name, path
        self.page = context.new_page()
        self.outside, self.failed, self.complaints = [], [], []
        self.page.on("request", self._requested)
        self.page.on("requestfailed", lambda request: self.failed.append(request.url))
        self.page.on("console", lambda m: self.complaints.append(m.text) if m.type == "error" else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(path.as_uri(), wait_until="load")
        self.page.wait_for_timeout(300)

    def _requested(self, request):
        if not request.url.startswith(("file:", "data:", "blob:")):
            self.outside.append(request.url)


def write_page(path, body, name, *, theme="light", script=True):
    """Write a page that is nothing but a body, with the style sheet and, ``script``, the script of that name."""
    loaded = f'<script src="{STATIC}/{name}.js"></script>' if script else ""
    path.write_text(
        f'<!doctype html><html lang="en" data-theme="{theme}"><head><meta charset="utf-8"><title>x</title>'
        f'<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="{STATIC}/{name}.css">'
        f"{loaded}</head><body>{body}</body></html>",
        encoding="utf-8",
    )


@contextmanager
def visiting(browser):
    """Yield ``visit(path, viewport)``; afterwards no page may have asked outside, complained, or opened a dialog."""
    visits, dialogs = [], []

    def visit(path, viewport):
        visits.append(Visit(browser.new_context(viewport=viewport), path))
        visits[-1].page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        return visits[-1]

    yield visit
    for made in visits:
        assert made.outside == made.failed == made.complaints == []
        made.page.context.close()
    assert dialogs == []
