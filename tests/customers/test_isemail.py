"""Our reading of e-mail addresses beside isemail's 164 cases (ALG-11).

We take what people and mail services use, and refuse on purpose what the grammar allows beyond:

- addresses without a dot in the domain, or with a numeric end: no shopper has one, typos do;
- quoted local parts, comments, domain literals such as test@[192.0.2.1]: the same mailbox could be
  written in many ways, and a key must have one;
- folded white space inside, and obsolete forms.

White space around an address is cut away: people paste it. Names in other scripts (IDN) are taken.
"""

from collections import Counter
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from customers.services.identities import normal_email
from omnishop.kernel.errors import Invalid

FILE = Path(__file__).resolve().parents[3] / "shared/data/matching/isemail_tests.xml"

# Category of isemail → how many of its cases we take, and refuse.
VERDICTS = {
    "ISEMAIL_VALID_CATEGORY": (13, 1),  # refused: test@io
    "ISEMAIL_DNSWARN": (8, 0),  # a matter of the name service, not of the address
    "ISEMAIL_RFC5321": (0, 16),  # quoted, literals, numeric or no end
    "ISEMAIL_CFWS": (6, 4),  # taken: white space around; refused: comments, folds inside
    "ISEMAIL_DEPREC": (2, 18),  # taken: folds around
    "ISEMAIL_RFC5322": (0, 30),
    "ISEMAIL_ERR": (16, 50),  # taken: line ends around
}


def cases():
    """Each case: the address as meant, isemail's category, and the case's number."""
    for test in ET.parse(FILE).getroot().iter("test"):  # noqa: S314  a file of our own
        text = test.findtext("address") or ""
        # The file writes a control character as the sign for it.
        address = "".join(chr(ord(c) - 0x2400) if 0x2400 <= ord(c) < 0x2420 else c for c in text)
        yield address, test.findtext("category"), test.get("id")


def taken(address):
    try:
        return normal_email(address)
    except Invalid:
        return None


@pytest.mark.skipif(not FILE.exists(), reason="../shared/data/matching/isemail_tests.xml is absent")
def test_isemail_s_cases_are_read_as_we_mean_to():
    found = Counter()
    for address, category, number in cases():
        normal = taken(address)
        found[category, normal is not None] += 1
        if normal and category not in ("ISEMAIL_VALID_CATEGORY", "ISEMAIL_DNSWARN"):
            # Nothing but white space around was wrong with it.
            assert normal == "test@iana.org" == address.strip(), number

    assert sum(found.values()) == 164
    assert {
        category: (found[category, True], found[category, False]) for category in VERDICTS
    } == VERDICTS
    assert {category for category, _taken in found} == set(VERDICTS)


@pytest.mark.parametrize(
    "address, normal",
    [
        (" Camille@Example.ORG\n", "camille@example.org"),
        ("camille+shop@example.org", "camille+shop@example.org"),  # another mailbox: not folded
        ("élodie@example.org", "élodie@example.org"),
        ("a@bücher.example", "a@bücher.example"),
        ("a@xn--bcher-kva.example", "a@bücher.example"),  # one key, however it was written
    ],
)
def test_one_mailbox_is_one_key(address, normal):
    assert normal_email(address) == normal


@pytest.mark.parametrize(
    "address",
    ["a@b", "a@1.2", '"a b"@example.org', "a@[192.0.2.1]", "a(b)@example.org", "a" * 65 + "@b.org",
     "a@b.org,c@d.org", "a@b.org\nBcc: c@d.org"],
)  # fmt: skip
def test_what_is_no_key_is_refused_in_words(address):
    with pytest.raises(Invalid, match=r"camille@example\.org"):
        normal_email(address)
