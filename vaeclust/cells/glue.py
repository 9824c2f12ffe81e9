"""Numbers in prose: glued into the text, with the record that they come from (page ``evidence``)."""

from collections.abc import Mapping

PREFIX = "application/papermill.record/"  # what keeps the page from showing a glued value where it was made


def state(source: str, texts: Mapping[str, object]) -> None:
    """Make texts available to ``{glue:text}`` in this chapter's prose, and remember where they come from.

    source: the record, as a path relative to the project, or a few words. texts: name → what is printed.
    """
    from IPython.display import display

    for name, text in texts.items():
        scrapbook = {"name": name, "mime_prefix": PREFIX}
        content = {f"{PREFIX}text/plain": repr(str(text))}
        display(content, raw=True, metadata={"scrapbook": scrapbook, "source": source})
