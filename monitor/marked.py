"""The part of a page that is made by machine, between two marks; what people wrote around it stays."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Marked:
    """What the part is made from, as its marks say."""

    made_from: str

    @property
    def begin(self) -> str:
        return f"<!-- made from {self.made_from}: begin -->"

    @property
    def end(self) -> str:
        return f"<!-- made from {self.made_from}: end -->"

    def page_with(self, page: str, made: str) -> str:
        """The page with this between its two marks."""
        before, _, rest = page.partition(self.begin)
        _, _, after = rest.partition(self.end)
        return f"{before}{self.begin}\n\n{made}\n\n{self.end}{after}"
