"""Text from outside, made fit for a terminal."""

from rich.text import Text


def text(words: str, style: str = "") -> Text:
    """On one line, never read as markup, with characters that steer a terminal replaced."""
    line = " ".join(words.split())
    kept = "".join(c if c.isprintable() else "�" for c in line)
    return Text(kept + " " * (len(words) - len(words.rstrip(" "))), style=style)
