"""Runs the notebooks of this folder and keeps their outputs: python examples/notebooks/execute.py [NAME ...]. The server is that of GAUNTLET_URL."""

import re
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

HERE = Path(__file__).parent
#: Characters of an output that is kept.
LONGEST_OUTPUT = 60_000


def execute(path: Path) -> nbformat.NotebookNode:
    """The notebook with its outputs. @raise CellExecutionError, ValueError where an output is too long to be kept."""
    book = nbformat.read(path, as_version=4)
    NotebookClient(book, timeout=1800, kernel_name="python3").execute()
    for cell in book.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            if len(str(output)) > LONGEST_OUTPUT:
                raise ValueError(f"{path.name}: an output of {len(str(output))} characters is too long to be kept: show less.")
    return book


def without_addresses(book: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Links to pages of the server that has run it lead nowhere for a reader."""
    text = re.sub(r"http://127\.0\.0\.1:\d+", "http://127.0.0.1:4000", nbformat.writes(book))
    return nbformat.reads(text, as_version=4)


if __name__ == "__main__":
    for path in sorted(HERE.glob("*.ipynb")):
        if not sys.argv[1:] or path.stem in sys.argv[1:]:
            nbformat.write(without_addresses(execute(path)), path)
            print(path.name)
