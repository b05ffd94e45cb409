"""Whatever is wrong with a computer's credentials has a sentence of its own, and a next step."""

import stat
import sys

import pytest
from botocore import credentials, exceptions

from fireside.cloud.sdk import Aws, translate_errors
from fireside.console.exits import CannotStart, ExitCode
from tests.infra.fake_aws import ACCOUNT, FakeAws

LOGIN = f"login_session = arn:aws:iam::{ACCOUNT}:user/ann"
KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SHARED_CREDENTIALS_FILE")
PROCESS = """\
#!/bin/sh
[ "$*" = "configure export-credentials --profile person --format process" ] || exit 1
echo '{"Version": 1, "AccessKeyId": "AKIAEXAMPLE", "SecretAccessKey": "any"}'
"""


@pytest.fixture
def aws(monkeypatch):
    """Run AWS here, and let this computer have keys for it."""
    with FakeAws() as account:
        for name, value in account.environ.items():
            monkeypatch.setenv(name, value)
        yield account


@pytest.fixture
def profile(aws, monkeypatch, tmp_path):
    """Write profiles, each as its lines, and use the last of them in place of the keys."""
    assert aws
    for name in KEYS:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))

    def write(**profiles):
        text = "".join(f"[profile {name}]\n{lines}\n" for name, lines in profiles.items())
        (tmp_path / "config").write_text(text, "utf-8")
        monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
        monkeypatch.setenv("AWS_PROFILE", list(profiles)[-1])

    return write


def who():
    """Ask AWS who this computer is."""
    return Aws().call("sts", "get_caller_identity", "eu-central-1")["Account"]


def refused():
    """Return the sentence with which that fails."""
    with pytest.raises(CannotStart) as caught:
        who()
    assert caught.value.exit_code == ExitCode.CLOUD
    return str(caught.value)


def test_a_profile_of_aws_login_without_crt_says_what_is_missing(profile, monkeypatch):
    monkeypatch.setattr(credentials, "EC", None)  # as without awscrt
    profile(person=LOGIN)

    sentence = refused()

    assert "pip install 'fireside[aws]'" in sentence
    assert "no AWS credentials" not in sentence


def test_a_session_of_aws_login_that_is_over_is_said(profile, monkeypatch):
    monkeypatch.setattr(credentials, "EC", credentials.EC or object)  # as with awscrt
    profile(person=LOGIN)

    sentence = refused()

    assert "aws login" in sentence
    assert "Missing Dependency" not in sentence


def test_what_works_everywhere_is_named_first(profile):
    profile(empty="")

    sentence = refused()

    assert "`aws sso login` or `aws configure`" in sentence
    assert "`aws login`" not in sentence.partition("`aws sso login`")[0]
    assert "docs/tutorial/deploy.md" in sentence


def test_the_profile_of_the_tutorial_turns_aws_login_into_keys(profile, monkeypatch, tmp_path):
    command = tmp_path / "aws"
    command.write_text(PROCESS, "utf-8")
    command.chmod(command.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    process = "aws configure export-credentials --profile person --format process"
    profile(person=LOGIN, fireside=f"credential_process = {process}")

    assert who() == ACCOUNT


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("credential_process = false", "custom-process"),
        ("sso_session = nowhere\nsso_account_id = 1\nsso_role_name = x", "nowhere"),
        ("role_arn = arn:aws:iam::1:role/x\nsource_profile = gone", "gone"),
    ],
)
def test_a_profile_that_yields_nothing_says_why(profile, lines, said):
    profile(broken=lines)

    sentence = refused()

    assert "no AWS credentials" in sentence
    assert said in sentence


def test_a_profile_that_is_not_there_is_named(profile, monkeypatch):
    profile(person="region = eu-central-1")
    monkeypatch.setenv("AWS_PROFILE", "other")

    assert "other" in refused()


@pytest.mark.parametrize("until", ["2020-01-01T00:00:00Z", "2020-01-01T00:00:00+00:00"])
def test_exported_keys_that_have_expired_say_so(aws, monkeypatch, until):
    assert aws
    monkeypatch.setenv("AWS_SESSION_TOKEN", "any")
    monkeypatch.setenv("AWS_CREDENTIAL_EXPIRATION", until)

    assert "credentials have expired" in refused()


def test_a_call_that_is_wrong_is_not_blamed_on_credentials(aws):
    assert aws

    with pytest.raises(CannotStart) as caught:
        Aws().call("sts", "get_caller_identity", "eu-central-1", Nonsense=1)

    assert "credentials" not in str(caught.value)
    assert "Nonsense" in str(caught.value)


def test_another_programs_failure_is_left_alone():
    with pytest.raises(RuntimeError, match="anything"), translate_errors():
        raise RuntimeError("anything")


def test_every_error_of_credentials_is_one_of_those_that_name_them():
    """A new kind of sign-in of the SDK's needs a sentence too."""
    kinds = ("Credential", "Login", "SSO", "Token", "Profile", "MFA")
    named = {
        name: one
        for name, one in vars(exceptions).items()
        if isinstance(one, type) and issubclass(one, exceptions.BotoCoreError)
        if any(kind in name for kind in kinds)
    }
    assert {"LoginError", "SSOError", "NoCredentialsError", "ProfileNotFound"} <= named.keys()

    for name, one in named.items():
        error = one.__new__(one)
        Exception.__init__(error, "as the test says")
        with pytest.raises(CannotStart) as caught, translate_errors():
            raise error
        assert "aws sso login" in str(caught.value), name


def test_without_boto3_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "boto3", None)

    with pytest.raises(CannotStart, match=r"pip install 'fireside\[aws\]'"):
        Aws()
