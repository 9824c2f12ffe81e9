"""What tests of pages share: the browser's program, two sizes of window, a visit to a page."""

import shutil

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
