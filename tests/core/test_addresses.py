"""Addresses of every kind name a host, a file, or nothing."""

import pytest

from orangecontrib.imaging.core.addresses import file_of, host_of, is_web_address


@pytest.mark.parametrize(("url", "host"), [
    ("HTTPS://Example.ORG:8080/a", "example.org"), ("http://[2001:DB8::1]/a.png", "2001:db8::1"),
    ("http://me@example.org/a.png", "example.org"), ("http://Bücher.example/ä.png", "xn--bcher-kva.example"),
    ("http://xn--bcher-kva.example/a.png", "xn--bcher-kva.example"), ("http://ex\u0430mple.org/", "xn--exmple-4nf.org"),
    ("http://ü..org/a.png", ""), ("http://[abc/x.png", ""), ("", ""), ("a.png", ""), ("ftp://x/a", ""),
    ("C:\\a.png", ""), ("C:/a.png", ""), ("\\\\server\\share\\a.png", ""), ("file:///a", "")])
def test_the_host_of_an_address(url, host):
    assert host_of(url) == host


@pytest.mark.parametrize(("url", "path"), [
    ("file:///data/a%20b.png", "/data/a b.png"), ("FILE://LocalHost/data/a.png", "/data/a.png"),
    ("file:///data/ä b.png", "/data/ä b.png"), ("file://server/share/a.png", None), ("https://x/a.png", None),
    ("http://[abc/x.png", None)])
def test_the_file_of_an_address(url, path):
    assert file_of(url) == path


@pytest.mark.parametrize(("text", "is_one"), [
    ("https://example.org/a.png", True), ("FILE://server/a.png", True), ("C:\\a.png", False), ("C://a.png", False),
    ("//server/share/a.png", False), ("a://b", False), ("", False), ("data/https://x", False)])
def test_what_an_address_is(text, is_one):
    assert is_web_address(text) is is_one
