"""Closed by default: only the word `open` opens, and a mistake opens nothing."""

import pytest

from fireside.domain.entry import EntryRules
from fireside.domain.invite import hash_of
from fireside.handlers.rules import names_from, owners_from, rules_from
from fireside.server.data_folder import invite_file, live_rules

HERE = {"FIRESIDE_HOSTS": "chat.example"}
ONE, TWO = hash_of("one"), hash_of("two")


@pytest.mark.parametrize("environ", [{}, {"FIRESIDE_INVITE_SHA256": " "}])
def test_without_a_word_nobody_enters(environ):
    rules = rules_from(HERE | environ)

    assert rules == EntryRules(hosts=frozenset({"chat.example"}), invites=frozenset())


def test_one_word_opens_the_place():
    assert rules_from(HERE | {"FIRESIDE_INVITE_SHA256": "open"}).invites is None


def test_several_invites_are_good_at_once_while_one_replaces_another():
    rules = rules_from(HERE | {"FIRESIDE_INVITE_SHA256": f"{ONE} {TWO.upper()}"})

    assert rules.invites == {ONE, TWO}


def test_hosts_origins_and_the_proxy_secret():
    rules = rules_from(
        {
            "FIRESIDE_HOSTS": "Chat.Example. other.example:8443 not/a/host",
            "FIRESIDE_ORIGINS": "https://Page.Example:443 null",
            "FIRESIDE_ORIGIN_SECRET_SHA256": ONE,
        }
    )

    assert rules.hosts == {"chat.example", "other.example:8443"}
    assert rules.origins == {"https://page.example"}
    assert rules.proxy_secret_hash == ONE
    assert not rules.any_host


@pytest.mark.parametrize("variable", ["FIRESIDE_INVITE_SHA256", "FIRESIDE_ORIGIN_SECRET_SHA256"])
@pytest.mark.parametrize("mistake", ["the-secret-itself", f"{ONE}0", f"open {ONE}", "OPEN"])
def test_a_mistake_is_said_without_repeating_what_may_be_a_secret(variable, mistake):
    with pytest.raises(ValueError, match=f"{variable} must hold SHA-256") as caught:
        rules_from(HERE | {variable: mistake})

    assert mistake not in str(caught.value)


@pytest.mark.parametrize(
    ("environ", "names"),
    [
        ({}, "open"),
        ({"FIRESIDE_NAMES": "open"}, "open"),
        ({"FIRESIDE_NAMES": "claimed"}, "claimed"),
    ],
)
def test_names_are_open_unless_a_word_says_otherwise(environ, names):
    assert names_from(environ) == names


def test_another_word_for_names_starts_nothing():
    with pytest.raises(ValueError, match="FIRESIDE_NAMES is 'closed': set it to open or claimed"):
        names_from({"FIRESIDE_NAMES": "closed"})


def test_the_owner_link_is_known_by_its_hash_alone():
    assert owners_from({}) == frozenset()
    assert owners_from({"FIRESIDE_OWNER_SHA256": ONE.upper()}) == {ONE}
    with pytest.raises(ValueError, match="FIRESIDE_OWNER_SHA256 must hold SHA-256") as caught:
        owners_from({"FIRESIDE_OWNER_SHA256": "the-secret-itself"})
    assert "the-secret-itself" not in str(caught.value)


def test_on_one_machine_the_rules_are_those_of_this_moment(tmp_path):
    file = invite_file(tmp_path)
    old = file.secret()
    rules = live_rules(EntryRules(), file)
    assert rules().invites == {hash_of(old)}

    new = file.replace()

    assert rules().invites == {hash_of(new)}
    file.path.unlink()
    assert rules().invites == frozenset()


def test_an_open_place_looks_for_no_invite(tmp_path):
    file = invite_file(tmp_path / "nowhere")

    assert live_rules(EntryRules(invites=None), file)().invites is None
    assert list(tmp_path.iterdir()) == []
