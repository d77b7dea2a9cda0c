"""Which URLs and addresses are allowed: a table, and what must hold for all."""

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import MediaError
from gateway.media.addresses import AddressPolicy, kind_of, parse, plain
from tests.unit.media.origin import refused

INSIDE = {
    "127.0.0.1": "loopback",
    "127.255.255.254": "loopback",
    "::1": "loopback",
    "10.0.0.1": "private",
    "172.16.0.1": "private",
    "172.31.255.255": "private",
    "192.168.1.1": "private",
    "198.19.0.1": "private",
    "fd00:ec2::254": "private",
    "fec0::1": "private",
    "100.64.0.1": "shared",
    "100.127.255.255": "shared",
    "100.100.100.200": "shared",
    "169.254.169.254": "link-local",
    "168.63.129.16": "link-local",
    "fe80::1": "link-local",
    "224.0.0.1": "multicast",
    "ff02::1": "multicast",
    "0.0.0.0": "unspecified",
    "::": "unspecified",
    "0.1.2.3": "reserved",
    "192.0.0.192": "reserved",
    "203.0.113.5": "reserved",
    "240.0.0.1": "reserved",
    "255.255.255.255": "reserved",
    "2001:db8::1": "reserved",
    "2001::1": "reserved",
    "::7f00:1": "reserved",
    "2002:7f00:1::": "tunnel",
    "2002:808:808::": "tunnel",
    "64:ff9b:1::808:808": "tunnel",
    "::ffff:127.0.0.1": "loopback",
    "::ffff:10.0.0.1": "private",
    "::ffff:169.254.169.254": "link-local",
    "64:ff9b::a00:1": "private",
    "64:ff9b::a9fe:a9fe": "link-local",
}
OUTSIDE = ["8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]


@pytest.mark.parametrize(("text", "kind"), INSIDE.items())
def test_an_inside_address_is_known_and_refused(text: str, kind: str) -> None:
    assert kind_of(ip_address(text)) == kind
    assert not AddressPolicy().allows("audio.example", ip_address(text))


@pytest.mark.parametrize("text", OUTSIDE)
def test_an_outside_address_is_allowed(text: str) -> None:
    assert kind_of(ip_address(text)) == "public"
    assert AddressPolicy().allows("audio.example", ip_address(text))


def test_allow_private_opens_the_house_but_not_link_local_multicast_or_tunnels() -> None:
    policy = AddressPolicy(allow_private=True)
    opened = {kind for text, kind in INSIDE.items() if policy.allows("x", ip_address(text))}
    assert opened == {"private", "loopback", "shared"}


def test_the_allow_list_opens_networks_addresses_names_and_all_below_a_name() -> None:
    policy = AddressPolicy(allowed=["10.1.0.0/16", "fd00::5", "pbx.lan", "*.media.lan", "169.254.1.1"])
    inside = ip_address("192.168.0.9")
    assert policy.allows("x", ip_address("10.1.2.3"))
    assert policy.allows("x", ip_address("::ffff:10.1.2.3"))
    assert not policy.allows("x", ip_address("10.2.0.1"))
    assert policy.allows("x", ip_address("fd00::5"))
    assert policy.allows("x", ip_address("169.254.1.1"))
    assert policy.allows("pbx.lan", inside)
    assert policy.allows("a.b.media.lan", inside)
    assert not policy.allows("media.lan", inside)
    assert not policy.allows("evilmedia.lan", inside)
    assert not policy.allows("x.pbx.lan", inside)


@settings(deadline=None)
@given(st.ip_addresses(v=4))
def test_what_python_calls_not_global_is_never_public(address: IPv4Address) -> None:
    if not address.is_global or address.is_multicast:
        assert kind_of(address) != "public"


@settings(deadline=None)
@given(st.ip_addresses(v=6))
def test_what_python_calls_not_global_is_never_public_in_ipv6(address: IPv6Address) -> None:
    if plain(address) == address and not address.is_global:
        assert kind_of(address) != "public"


@settings(deadline=None)
@given(st.ip_addresses(v=4), st.sampled_from([0xFFFF << 32, 0x64FF9B << 96]))
def test_an_address_inside_an_address_is_judged_by_itself(address: IPv4Address, prefix: int) -> None:
    assert kind_of(IPv6Address(prefix | int(address))) == kind_of(address)


def test_a_url_is_read_once_into_what_is_sent() -> None:
    target = parse("HTTPS://user:pa%20ss@Audio.Example.:8443/a/../b.wav?x=1.2/3#frag")
    assert (target.scheme, target.host, target.port) == ("https", "audio.example", 8443)
    assert target.path == "/b.wav?x=1.2/3"
    assert target.authority == "audio.example:8443"
    assert target.url == "https://audio.example:8443/b.wav?x=1.2/3"
    assert target.credentials == "user:pa%20ss"


def test_an_ipv6_url_keeps_its_brackets_where_they_belong() -> None:
    target = parse("http://[2606:4700::1111]/x.wav")
    assert (target.host, target.authority) == ("2606:4700::1111", "[2606:4700::1111]")
    assert parse("http://[2606:4700::1111]:81").url == "http://[2606:4700::1111]:81/"


def test_a_name_in_another_script_is_encoded() -> None:
    assert parse("http://bücher.example/ü.wav").url == "http://xn--bcher-kva.example/%C3%BC.wav"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "audio.wav",
        "//host/x.wav",
        "ftp://host/x.wav",
        "file:///etc/passwd",
        "gopher://host/",
        "http://",
        "http:///x.wav",
        "http://host:0/",
        "http://host:65536/",
        "http://host:x/",
        "http://ho st/",
        "http://host/a b",
        "http://host/\r\nX: 1",
        "http://host\\@evil/",
        "http://host/\x00",
        "http://[fe80::1%25eth0]/",
        "http://[::1/",
        "http://..../",
        "http://a..b/",
        "http://" + "a" * 64 + ".example/",
        "http://host/" + "a" * 9000,
    ],
)
def test_what_is_no_url_of_ours_is_refused(url: str) -> None:
    with refused("media-invalid-url"):
        parse(url)


@pytest.mark.parametrize("port", [22, 25, 5060, 6667])
def test_ports_of_other_protocols_are_refused(port: int) -> None:
    with refused("media-forbidden-address"):
        AddressPolicy(allow_private=True).check_target(parse(f"http://audio.example:{port}/"))


@pytest.mark.parametrize(("port", "admitted"), [(6000, False), (8080, True)])
def test_callbacks_keep_to_the_same_ports(port: int, admitted: bool) -> None:
    """A document's callback was POSTed to port 6000, where its audio was not fetched from."""
    address = ip_address("127.0.0.1")
    assert AddressPolicy(allow_private=True).admits("hooks.example", port, address) is admitted
    assert AddressPolicy(allowed=["hooks.example"]).admits("hooks.example", port, address), "named by the operator"


def test_a_literal_address_is_refused_before_anything_is_resolved() -> None:
    with refused("media-forbidden-address"):
        AddressPolicy().check_target(parse("http://[::ffff:127.0.0.1]/"))


@settings(deadline=None)
@given(st.text(max_size=60) | st.from_regex(r"https?://[^/]{1,20}(:[0-9]{1,5})?/.{0,20}", fullmatch=True))
def test_any_text_is_a_target_or_refused_and_a_target_reads_back_the_same(text: str) -> None:
    try:
        target = parse(text)
    except MediaError as error:
        assert error.error_id == "media-invalid-url"
        return
    again = parse(target.url)
    assert (again.origin, again.path) == (target.origin, target.path)
