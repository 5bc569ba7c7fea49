"""Where an entry stands in a benchmark."""

from __future__ import annotations

from . import _show, _tables
from ._api import fragments as parts


class Rank:
    """An entry with its rank. Printed, it is a row of the ranking, what was found, and the page."""

    def __init__(self, data: parts.RankParts, title: str, url: str) -> None:
        #: Everything that the server says of it.
        self.data = data
        self._title = title
        #: Page of the benchmark in the dashboard.
        self.url = url

    @property
    def rank(self) -> int:
        return self.data.rank

    @property
    def tied_from(self) -> int:
        """The first of the ranks whose intervals overlap with its own."""
        return self.data.tied_from

    @property
    def tied_to(self) -> int:
        """The last of them."""
        return self.data.tied_to

    @property
    def clean(self) -> parts.RankPartsClean:
        """Share of the original images that are right, with its interval."""
        return self.data.clean

    @property
    def robust(self) -> parts.RankPartsRobust:
        """Share of the images that are right under every attack, with its interval."""
        return self.data.robust

    @property
    def entry(self) -> parts.RankPartsEntry:
        return self.data.entry

    @property
    def same(self) -> list[parts.RankPartsSame]:
        """Entries of the same network, for which this one counts."""
        return list(self.data.same)

    @property
    def findings(self) -> list[parts.EntryPartsFindings]:
        return list(self.data.entry.findings or [])

    def __repr__(self) -> str:
        lines = [self._title, _tables.text_table(_tables.RANKING_HEAD, _tables.ranking_rows([self.data]))]
        if self.same:
            lines.append(f"The same network: {', '.join(one.model_name for one in self.same)}.")
        lines += [f"{finding.severity.value} {finding.code}: {finding.message}" for finding in self.findings]
        return "\n".join([*lines, self.url])

    def _repr_html_(self) -> str:
        return _show.table(_tables.RANKING_HEAD, _tables.ranking_rows([self.data])) + f"<p>{_show.link(self.url, self._title)}</p>"
