"""What an e-mail address must be before anything is sent to it."""

import re

_PLAIN = re.compile(r"[^\s,;:<>@]+@[^\s,;:<>@]+")


def is_plain(address: str) -> bool:
    """One bare address: a mail library would quietly take the first of two, or the one in `Name <address>`."""
    return address.isprintable() and _PLAIN.fullmatch(address) is not None


def domain_of(address: str) -> str:
    """What stands behind the @, in small letters."""
    return address.rpartition("@")[2].lower()
