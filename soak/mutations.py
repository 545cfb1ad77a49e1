"""What may be wrong with a file, done to an honest one: bytes flipped, cut, doubled, or put where they do not fit."""

from collections.abc import Callable

from hypothesis import strategies as st

Mutation = Callable[[bytes], bytes]
NASTY = (
    *(
        b"\0",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b'"',
        b"'",
        b",",
        b";",
        b"\t",
        b"\r",
        b"\n",
        b"<",
        b">",
        b"&",
        b"]]>",
    ),
    *(b"<!DOCTYPE a [<!ENTITY b 'c'>]>", b"&b;", b"<![CDATA[", b"{", b"[", b"1e999", b"\\u0000", b"\\ud800"),
    *(b"9999-12-31", b"0000-00-00", b"1.23457E+12", b"=1+1", b"-1", b"A" * 5_000, b"[" * 200, b"<a>" * 200),
    *("\u2028\u202e\ufeff".encode(), "٣١/٠٢/٢٠٢٦".encode(), b"encoding='utf-7'", b"#N/A", b"NULL"),
)


def _at(content: bytes, share: float) -> int:
    return int(share * len(content))


def insert(share: float, what: bytes) -> Mutation:
    return lambda content: content[: _at(content, share)] + what + content[_at(content, share) :]


def cut(share: float, length: int) -> Mutation:
    return lambda content: content[: _at(content, share)] + content[_at(content, share) + length :]


def flip(share: float, bit: int) -> Mutation:
    def flipped(content: bytes) -> bytes:
        at = min(_at(content, share), len(content) - 1)
        return content[:at] + bytes((content[at] ^ (1 << bit),)) + content[at + 1 :] if content else content

    return flipped


def double(share: float, length: int) -> Mutation:
    return lambda content: content + content[_at(content, share) : _at(content, share) + length]


_SHARE = st.floats(0, 1, allow_nan=False)
mutations: st.SearchStrategy[Mutation] = st.one_of(
    st.builds(insert, _SHARE, st.sampled_from(NASTY)),
    st.builds(insert, _SHARE, st.binary(max_size=12)),
    st.builds(cut, _SHARE, st.integers(1, 400)),
    st.builds(flip, _SHARE, st.integers(0, 7)),
    st.builds(double, _SHARE, st.integers(1, 2_000)),
)
several = st.lists(mutations, min_size=1, max_size=6)
