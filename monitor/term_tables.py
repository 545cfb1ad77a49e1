"""The council's tables of terms and closures, as the ledger holds them."""

from sqlalchemy import Connection, select

from monitor import tables
from monitor.clauses import Asking
from monitor.schools import COUNCIL, Days, Schools
from monitor.vocabulary import day_said


def read_schools(connection: Connection, asking: Asking) -> Schools:
    """Every term, half-term break and closure that was known; one without both its days says nothing."""
    episode = tables.episode
    query = select(episode.c.kind, episode.c.start_on, episode.c.end_on, episode.c.attributes).where(
        asking.known(episode), episode.c.kind.in_(("school-term", "school-closure"))
    )
    terms, half_terms, closures = [], [], []
    for kind, start, end, attributes in connection.execute(query):
        school = attributes.get("school") or COUNCIL
        if start is None:
            continue
        if kind == "school-closure":
            closures.append(Days(school=school, first=start, last=end or start))
        elif end is not None:
            terms.append(Days(school=school, first=start, last=end))
            first, last = (day_said(attributes.get(f"half_term_{name}_on")) for name in ("starts", "ends"))
            if first and last:
                half_terms.append(Days(school=school, first=first, last=last))
    return Schools(terms=tuple(terms), half_terms=tuple(half_terms), closures=tuple(closures))
