"""The lock of Terraform's providers is made once, kept beside the state, and used as it is."""

import io

import pytest

from fireside.cloud.deploy.stage import Stage
from fireside.cloud.provider_lock import NAME, ProviderLock, fits
from fireside.cloud.sdk import AwsError
from fireside.console.exits import CannotStart

VERSIONS = """\
    aws = {
      source  = "hashicorp/aws"
      version = "6.69.1"
    }
"""
LOCK = """\
provider "registry.terraform.io/hashicorp/aws" {
  version     = "6.69.1"
  constraints = "6.69.1"
  hashes = ["h1:abc="]
}
"""
OLD = LOCK.replace("6.69.1", "6.60.0")
PLACE = ("fireside-state-1", "prod.terraform.lock.hcl")


class Bucket:
    """As much of AWS as is asked for."""

    def __init__(self):
        self.objects = {}
        self.code = None

    def call(self, _service, operation, region, **fields):
        assert region == "eu-west-1"
        place = fields["Bucket"], fields["Key"]
        if self.code is not None:
            raise AwsError(operation, self.code, "as the test says")
        if operation == "put_object":
            self.objects[place] = fields["Body"]
            return {}
        if place not in self.objects:
            raise AwsError(operation, "NoSuchKey", "as the test says")
        return {"Body": io.BytesIO(self.objects[place])}


@pytest.fixture
def bucket():
    return Bucket()


@pytest.fixture
def infra(tmp_path):
    (tmp_path / "versions.tf").write_text(VERSIONS)
    return tmp_path


@pytest.fixture
def lock(bucket, infra):
    stage = Stage("fireside", "prod", infra)
    stage.make_folder()
    stage.write_backend("fireside-state-1", "eu-west-1")
    return ProviderLock(bucket, infra, stage.backend_file, stage.name)


def test_there_is_none_at_first_and_what_terraform_wrote_is_kept(bucket, infra, lock):
    assert not lock.fetch()
    (infra / NAME).write_text(LOCK)
    lock.keep()

    assert bucket.objects == {PLACE: LOCK.encode()}


def test_another_computer_gets_it_and_uses_it_as_it_is(bucket, infra, lock):
    bucket.objects[PLACE] = LOCK.encode()
    (infra / NAME).write_text(LOCK.replace("abc", "def"))

    assert lock.fetch()
    assert (infra / NAME).read_text() == LOCK


@pytest.mark.parametrize("kept", [True, False])
def test_one_of_other_versions_is_left_out(bucket, infra, lock, kept):
    if kept:
        bucket.objects[PLACE] = OLD.encode()
    (infra / NAME).write_text(OLD)

    assert not lock.fetch()
    assert not (infra / NAME).exists()


def test_one_of_yours_is_the_first_that_is_kept(bucket, infra, lock):
    (infra / NAME).write_text(LOCK)

    assert not lock.fetch()
    lock.keep()
    assert bucket.objects[PLACE] == LOCK.encode()


def test_where_terraform_wrote_none_nothing_is_kept(bucket, lock):
    lock.keep()

    assert bucket.objects == {}


def test_who_may_not_read_or_keep_it_hears_of_which_file(bucket, infra, lock):
    bucket.code = "AccessDenied"
    (infra / NAME).write_text(LOCK)

    with pytest.raises(CannotStart, match=r"read prod\.terraform\.lock\.hcl beside the state"):
        lock.fetch()
    with pytest.raises(CannotStart, match=r"keep prod\.terraform\.lock\.hcl beside the state"):
        lock.keep()


def test_a_configuration_that_names_no_version_has_no_lock_that_fits(infra):
    (infra / NAME).write_text(LOCK)
    assert fits(infra)

    (infra / "versions.tf").write_text("")
    assert not fits(infra)
