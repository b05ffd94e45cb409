"""Every variable says what it is, bounds it, and tells a person how to mend it."""

import re

import boto3
import pytest

from tests.infra.conftest import ROOT

pytestmark = pytest.mark.timeout(1_800)

BLOCK = re.compile(r'^variable "(\w+)" \{\n(.*?)^\}', re.MULTILINE | re.DOTALL)
FILES = sorted(
    path for path in (ROOT / "infra").rglob("variables.tf") if ".terraform" not in path.parts
)
ROOT_VARIABLES = dict(BLOCK.findall((ROOT / "infra/variables.tf").read_text("utf-8")))
AS_FLAGS = {name for name, text in ROOT_VARIABLES.items() if re.search(r"type += bool", text)}

BAD = {
    "alarm_email": ("ann", "Write alarm_email as an address"),
    "allowed_origins": (["example.org/chat"], "Write each of allowed_origins as https://"),
    "aws_client": ("aioboto", "Choose builtin or boto3"),
    "billing_mode": ("free", "Choose on-demand or provisioned"),
    "broadcast_seconds": (11, "Take post_seconds to 10 for broadcast_seconds"),
    "brake_messages_per_hour": (10, "Take 1000 to 36000000 for brake_messages_per_hour"),
    "certificate_arn": (
        "arn:aws:acm:eu-central-1:123456789012:certificate/abc",
        "certificate_arn is one of ACM in us-east-1",
    ),
    "custom_domain": ("https://chat.example.org", "Write custom_domain as chat.example.org"),
    "function_versions": ({"door": "1"}, "Name chat, authorizer, fanout or brake"),
    "invite_hashes": (["an invite itself"], "give the hash, never the invite itself"),
    "log_retention_days": (15, "CloudWatch takes no others here"),
    "memory_megabytes": (64, "Take 128 to 10240 for memory_megabytes"),
    "monthly_budget_dollars": (0, "Take 1 or more for monthly_budget_dollars"),
    "names": ("closed", "Choose open or claimed for names"),
    "owner_sha256": ("the secret itself", "give the hash, never the secret itself"),
    "package_path": ("nowhere.zip", "make it with `fireside package`"),
    "page_path": ("nowhere", "build the page with `make page`"),
    "post_seconds": (0.01, "Take 0.1 to 5 for post_seconds"),
    "project_name": ("My Chat", "for project_name, as fireside"),
    "region": ("cn-north-1", "Write region as AWS does, as eu-central-1; not one in China"),
    "reserved_concurrency": (0, "0 would stop the chat"),
    "stage_name": ("Production!", "for stage_name, as prod"),
    "throttle_burst": (0, "Take 1 to 5000 for throttle_burst"),
    "throttle_rate": (0, "Take 1 to 10000 for throttle_rate"),
}


@pytest.fixture(scope="module")
def refusals(rehearse, tmp_path_factory):
    """Give every variable a bad value, and return what Terraform says."""
    folder = rehearse(tmp_path_factory.mktemp("bad"))
    folder.init()
    values = {name: value for name, (value, _) in BAD.items()}
    # What refers to another bad value would be left out.
    later = {name: values.pop(name) for name in ("broadcast_seconds", "custom_domain")}
    said = []
    for bad in (values, later):
        folder.set(**bad)
        done = folder.run("plan", "-input=false", "-no-color")
        assert done.returncode == 1
        said += f"{done.stdout}{done.stderr}".split()
    return " ".join(said)


@pytest.mark.parametrize("where", ["infra", "infra/bootstrap"])
def test_a_region_is_one_of_the_partition_that_the_code_knows(where):
    """Elsewhere endpoints and ARNs are others, and some services are missing."""
    blocks = dict(BLOCK.findall((ROOT / where / "variables.tf").read_text("utf-8")))
    pattern = re.compile(re.search(r'regex\("(.+)", var.region\)', blocks["region"])[1])
    session = boto3.session.Session()
    every = {
        partition: session.get_available_regions("s3", partition_name=partition)
        for partition in session.get_available_partitions()
    }

    assert every["aws"]
    assert [region for region in every.pop("aws") if not pattern.search(region)] == []
    assert {"aws-cn", "aws-us-gov", "aws-eusc"} <= every.keys()
    others = [region for regions in every.values() for region in regions]
    assert [region for region in others if pattern.search(region)] == []
    assert "China" in blocks["region"]


def test_every_variable_but_a_flag_is_bounded():
    assert set(BAD) == set(ROOT_VARIABLES) - AS_FLAGS


@pytest.mark.parametrize("name", BAD)
def test_a_bad_value_is_refused_with_a_sentence(refusals, name):
    assert BAD[name][1] in refusals


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parent.name)
def test_every_variable_says_what_it_is(path):
    for name, text in BLOCK.findall(path.read_text("utf-8")):
        description = re.search(r'^  description = "(.+)"$', text, re.MULTILINE)

        assert description, name
        assert description[1].endswith("."), name
        assert re.search(r"^  type +=", text, re.MULTILINE), name


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parent.name)
def test_every_refusal_is_a_sentence(path):
    for text in re.findall(r'error_message = "(.*)"$', path.read_text("utf-8"), re.MULTILINE):
        assert text[0].isupper() or text.split()[0].strip(".") in ROOT_VARIABLES, text
        assert text.endswith("."), text


def test_every_output_says_what_it_is():
    for path in (ROOT / "infra").rglob("outputs.tf"):
        text = path.read_text("utf-8")

        assert text.count('output "') == len(
            re.findall(r'^  description = ".+\."$', text, re.MULTILINE)
        )
