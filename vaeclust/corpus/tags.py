"""What audio files say of themselves: genre, artist, title, lyrics (chapter ``10_your_music``)."""

from pathlib import Path

LYRICS_TAGS = ("lyrics", "unsyncedlyrics", "unsynced lyrics", "syncedlyrics", "\xa9lyr")


def read_tags(path: Path) -> dict[str, str]:
    """Return genre, artist, title and lyrics from a file's tags, as far as it has any that can be read."""
    import mutagen

    try:
        full = mutagen.File(path)
        easy = mutagen.File(path, easy=True) if full and full.tags else None
    except Exception:  # damaged tags raise errors of many kinds; the audio may be whole all the same
        return {}
    tags = {} if easy and easy.tags else _chunk_tags(path)
    for name in ("genre", "artist", "title"):
        texts = easy.get(name) if easy and easy.tags else None
        if texts and str(texts[0]).strip():
            tags[name] = str(texts[0]).strip()
    for key, value in (full.tags or {}).items() if full else ():
        if key.startswith(("USLT", "SYLT")) or key.lower() in LYRICS_TAGS:
            text = getattr(value, "text", None) or (value[0] if isinstance(value, list) else value)
            tags["lyrics"] = "\n".join(line for line, _ in text) if isinstance(text, list) else str(text)
    return tags


def _chunk_tags(path: Path) -> dict[str, str]:
    """Return genre, artist and title from a WAV's own INFO chunk and its like, which have no ID3."""
    import soundfile

    try:
        with path.open("rb") as content, soundfile.SoundFile(content) as file:  # whatever bytes its name has
            told = file.copy_metadata()
    except (soundfile.LibsndfileError, OSError):
        return {}
    return {name: told[name].strip() for name in ("genre", "artist", "title") if told.get(name, "").strip()}
