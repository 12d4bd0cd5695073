"""Every address there is, with words in it that want to be something else."""

import re
from urllib.parse import quote, urlencode

import httpx
from fastapi.routing import APIRoute

from review import acting, api, entering, pages

WORDS = (
    "<script>alert(1)</script>", "\"><img src=x onerror='alert(2)'>", "javascript:alert(3)",
    "'; DROP TABLE canary; --", "{{ 7 * 7 }}", "%0d%0aset-cookie: a=b", "../../etc/passwd", "1",
)  # fmt: skip
ELEMENT = re.compile(r"<script>alert|<img src=x|(href|src|action)=[\"']?javascript:")
ASKED = ("who", "what", "subject", "since", "until", "before", "after", "limit", "to", "all")


def addresses() -> list[str]:
    """Patterns of all addresses that show something."""
    routes = [one for part in (acting, api, entering, pages) for one in part.router.routes]
    return [
        one.path for one in routes if isinstance(one, APIRoute) and "GET" in (one.methods or ())
    ]


def test_no_word_in_an_address_becomes_an_element_a_header_or_an_error_of_ours(
    client: httpx.Client,
) -> None:
    assert len(addresses()) >= 15
    for pattern in addresses():
        for word in WORDS:
            address = re.sub(r"\{\w+(:\w+)?\}", quote(word, safe=""), pattern)
            for asked in ("", "?" + urlencode(dict.fromkeys(ASKED, word))):
                page = client.get(address + asked)
                assert page.status_code < 500, (address, asked)
                assert "set-cookie" not in page.headers, (address, asked)
                if page.headers["content-type"].startswith("text/html"):
                    assert not ELEMENT.search(page.text), (address, asked)
                else:  # and a browser may not take it for a page
                    assert page.headers["x-content-type-options"] == "nosniff"
