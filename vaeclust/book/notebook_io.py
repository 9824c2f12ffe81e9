"""Lets papermill read text notebooks: ``papermill jupytext://notebooks/03_vae.md out.ipynb``.

Registered in the entry-point group ``papermill.io``. papermill loads it while it is itself being imported, so this
module imports neither papermill nor anything heavy.
"""

import warnings
from pathlib import Path

SCHEME = "jupytext://"


class JupytextHandler:
    """A papermill input handler: text notebook in, notebook JSON out."""

    def read(self, path: str) -> str:
        """Return the JSON of the text notebook at ``jupytext://path``; FileNotFoundError when it is not there."""
        import jupytext
        import nbformat

        notebook = jupytext.read(self._local(path))
        notebook.metadata.setdefault("kernelspec", {}).setdefault("language", "python")
        return nbformat.writes(notebook)

    def listdir(self, path: str) -> list[str]:
        """Return the text notebooks of a folder."""
        return sorted(str(p) for p in self._local(path).glob("*.md"))

    def write(self, content: str, path: str) -> None:
        """Write notebook JSON as a text notebook."""
        import jupytext
        import nbformat

        jupytext.write(nbformat.reads(content, as_version=4), self._local(path), fmt="md:myst")

    def pretty_path(self, path: str) -> str:
        """Return the path as it is shown."""
        return path

    @staticmethod
    def _local(path: str) -> Path:
        return Path(path.removeprefix(SCHEME))


# papermill warns that .md is no notebook suffix before it asks the handler that can read it.
warnings.filterwarnings("ignore", message=r"The specified file \(jupytext://.*\) does not end in one of")

handler = JupytextHandler()
