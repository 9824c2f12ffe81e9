"""Where papermill's handler was in 0.1: an environment that was installed then still looks for it here."""

from vaeclust.book.notebook_io import handler as handler
