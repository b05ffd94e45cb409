"""Every check of the account passes, warns or fails as it should."""

import pytest

from fireside.cloud.deploy import account
from fireside.cloud.deploy.plan import Change, Plan
from fireside.cloud.sdk import Aws, AwsError, FoundCredentials
from tests.infra.fake_aws import FakeAws

FORBIDDEN = AwsError("GetIt", "AccessDeniedException", "no")
MISSING = AwsError("GetIt", "ResourceNotFoundException", "none")


def plan(*names, **variables):
    changes = [Change("x", kind, "create", (), after) for kind, after in names]
    return Plan(changes, {"project_name": "fireside", "stage_name": "prod"} | variables)


@pytest.mark.parametrize(
    ("arn", "verdict"),
    [("arn:aws:iam::1:user/ann", "ok"), ("arn:aws:iam::1:root", "warn")],
)
def test_the_root_user_should_not_deploy(arn, verdict):
    assert account.check_identity(account.Identity("1", arn)).verdict == verdict


@pytest.mark.parametrize(("source", "verdict"), [("sso", "ok"), ("env", "ok"), ("login", "warn")])
def test_credentials_that_terraform_can_not_read_are_warned_of(source, verdict):
    check = account.check_credentials(FoundCredentials(source))

    assert check.verdict == verdict
    assert ("--format process" in check.remedy) == (verdict == "warn")


NOW = 1_795_000_000.0


@pytest.mark.parametrize(
    ("kind", "minutes", "verdict"),
    [
        ("aws_cloudfront_distribution", 29, "fail"),
        ("aws_cloudfront_distribution", -1, "fail"),
        ("aws_cloudfront_distribution", 31, "ok"),
        ("aws_lambda_function", 5, "ok"),
    ],
)
def test_exported_keys_outlast_a_plan_or_it_is_not_begun(kind, minutes, verdict):
    found = FoundCredentials("env", NOW + 60 * minutes)

    assert account.check_time_left(found, plan((kind, {})), NOW).verdict == verdict


def test_credentials_that_are_refreshed_outlast_any_plan():
    wanted = plan(("aws_cloudfront_distribution", {}))

    assert account.check_time_left(FoundCredentials("sso"), wanted, NOW).verdict == "ok"


@pytest.mark.parametrize(
    ("written", "until"),
    [
        ("2026-11-18T14:40:00Z", 1_795_012_800.0),
        ("2026-11-18T15:40:00+01:00", 1_795_012_800.0),
        ("", None),
    ],
)
def test_when_exported_keys_expire_is_read_where_the_aws_command_writes_it(
    aws, monkeypatch, written, until
):
    assert aws
    monkeypatch.setenv("AWS_CREDENTIAL_EXPIRATION", written)

    assert Aws().credentials() == FoundCredentials("env", until)


@pytest.mark.parametrize(("named", "region"), [("", "eu-west-3"), ("eu-west-1", "eu-west-1")])
def test_a_variable_that_is_empty_names_no_region(monkeypatch, named, region):
    monkeypatch.setenv("AWS_REGION", named)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-3")

    assert Aws().region == region


@pytest.mark.parametrize(
    ("region", "verdict", "found"),
    [
        ("eu-central-1", "ok", "eu-central-1"),
        ("eu-central-9", "fail", "is not a Region with API Gateway"),
        ("cn-north-1", "fail", "is in another partition of AWS"),
        ("us-gov-west-1", "fail", "is in another partition of AWS"),
        ("eusc-de-east-1", "fail", "is in another partition of AWS"),
    ],
)
def test_a_region_has_api_gateway_or_not(region, verdict, found):
    check = account.check_region(region, ["eu-central-1"])

    assert check.verdict == verdict
    assert found in check.found


@pytest.mark.parametrize(
    ("limit", "reserved", "verdict"),
    [
        (1_000, None, "ok"),
        (1_000, 100, "ok"),
        (1_000, 990, "ok"),
        (1_000, 991, "fail"),
        (10, None, "warn"),
        (10, 1, "fail"),
        (11, None, "ok"),
    ],
)
def test_new_accounts_have_ten_calls_at_once_and_none_to_reserve(limit, reserved, verdict):
    limits = {"AccountLimit": {"ConcurrentExecutions": limit}}

    assert account.check_concurrency(limits, reserved).verdict == verdict


@pytest.mark.parametrize(
    ("quota", "verdict"),
    [
        ((10_000, 5_000), "ok"),
        ((2_500, 1_250), "warn"),
        ((99, 5_000), "fail"),
        ((100, 499), "fail"),
    ],
)
def test_the_throttle_fits_into_what_the_account_has(quota, verdict):
    gateway = {"throttleSettings": {"rateLimit": quota[0], "burstLimit": quota[1]}}

    assert account.check_throttle(gateway, 100, 500).verdict == verdict


OURS = "arn:aws:iam::1:role/fireside-prod-api-gateway-logs"
THEIRS = "arn:aws:iam::1:role/another"


@pytest.mark.parametrize(
    ("role", "variables", "verdict", "remedy"),
    [
        (None, {"access_log": True}, "fail", "account_log_role = true"),
        (THEIRS, {"access_log": True}, "ok", ""),
        (None, {"access_log": True, "account_log_role": True}, "ok", ""),
        (OURS, {"access_log": True, "account_log_role": True}, "ok", ""),
        (THEIRS, {"account_log_role": True}, "fail", "account_log_role = false"),
    ],
)
def test_api_gateway_has_a_log_role_and_no_other_is_replaced(role, variables, verdict, remedy):
    check = account.check_log_role({"cloudwatchRoleArn": role}, plan(**variables))

    assert check.verdict == verdict
    assert remedy in check.remedy


@pytest.mark.parametrize(("count", "verdict"), [(0, "warn"), (3, "ok")])
def test_an_account_without_cloudfront_may_be_refused_the_first(count, verdict):
    listed = {"DistributionList": {"Quantity": count}}

    assert account.check_cloudfront(listed).verdict == verdict


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        ({"accountPlanType": "PAID"}, "ok"),
        (MISSING, "ok"),  # older than the plans
        ({"accountPlanType": "FREE"}, "warn"),
        (FORBIDDEN, "warn"),
    ],
)
def test_the_free_plan_is_warned_of(answer, verdict):
    assert account.check_plan(answer).verdict == verdict


@pytest.mark.parametrize(("kind", "verdict"), [("FREE", "warn"), (None, "ok")])
def test_the_accounts_plan_is_asked_for(aws, kind, verdict):
    aws.plan = kind

    assert verdicts()["account plan"] == verdict


def test_a_new_account_is_told_the_two_lines_that_go_without_cloudfront():
    lines = account.check_cloudfront({"DistributionList": {"Quantity": 0}}).remedy.splitlines()

    assert [line.strip() for line in lines[-2:]] == [
        "site = false",
        'allowed_origins = ["https://example.org"]',
    ]
    assert "stage.tfvars" in lines[0]


@pytest.mark.parametrize(
    ("described", "verdict"),
    [
        ({"Certificate": {"Status": "ISSUED", "DomainName": "chat.example.org"}}, "ok"),
        (
            {
                "Certificate": {
                    "Status": "ISSUED",
                    "SubjectAlternativeNames": ["example.org", "*.example.org"],
                }
            },
            "ok",
        ),
        ({"Certificate": {"Status": "PENDING_VALIDATION"}}, "fail"),
        ({"Certificate": {"Status": "ISSUED", "DomainName": "example.org"}}, "fail"),
        (MISSING, "fail"),
        (FORBIDDEN, "warn"),
    ],
)
def test_the_certificate_is_issued_and_is_the_domains(described, verdict):
    assert account.check_certificate(described, "chat.example.org").verdict == verdict


@pytest.mark.parametrize(
    ("answer", "verdict", "found"),
    [
        (False, "ok", "all 2 are free"),
        (True, "fail", "taken: a (aws_iam_role), b (aws_s3_bucket)"),
        (None, "warn", "0 of 2 are free"),
    ],
)
def test_names_are_free_or_taken_or_unknown(answer, verdict, found):
    wanted = plan(("aws_iam_role", {"name": "a"}), ("aws_s3_bucket", {"bucket": "b"}))

    check = account.check_names(wanted, lambda _kind, _name: answer)

    assert check.verdict == verdict
    assert found in check.found


@pytest.mark.parametrize(
    "check",
    [
        lambda: account.check_concurrency(FORBIDDEN, None),
        lambda: account.check_throttle(FORBIDDEN, 1, 1),
        lambda: account.check_log_role(FORBIDDEN, plan()),
        lambda: account.check_cloudfront(FORBIDDEN),
    ],
)
def test_without_permission_a_check_warns(check):
    found = check()

    assert found.verdict == "warn"
    assert "no permission to check (GetIt: AccessDeniedException)" in found.found


@pytest.fixture
def aws(monkeypatch):
    with FakeAws() as fake:
        for name, value in fake.environ.items():
            monkeypatch.setenv(name, value)
        yield fake


EVERYTHING = plan(
    ("aws_dynamodb_table", {"name": "t"}),
    ("aws_iam_role", {"name": "r"}),
    ("aws_lambda_function", {"function_name": "f"}),
    ("aws_s3_bucket", {"bucket": "b"}),
    throttle_rate=100,
    throttle_burst=500,
    access_log=True,
    site=True,
    certificate_arn="arn:aws:acm:us-east-1:123456789012:certificate/x",
    custom_domain="chat.example.org",
    reserved_concurrency=None,
)


def verdicts(plan_=EVERYTHING):
    checks = account.check_account(Aws(), plan_, "eu-central-1", NOW)
    return {check.name: check.verdict for check in checks}


def test_every_answer_of_aws_reaches_its_check(aws):
    aws.log_role = THEIRS

    assert verdicts() == {
        "expiry": "ok",
        "account plan": "ok",
        "Lambda concurrency": "ok",
        "API Gateway throttle": "ok",
        "API Gateway log role": "ok",
        "CloudFront": "ok",
        "certificate": "fail",  # this account has none
        "names": "ok",
    }


@pytest.mark.parametrize("name", ["t", "r", "f", "b"])
def test_a_name_of_any_kind_that_is_taken_is_found(aws, name):
    aws.taken.add(name)

    assert verdicts()["names"] == "fail"


def test_an_account_with_little_is_told_so(aws):
    aws.lambda_limit, aws.throttle, aws.distributions = 10, (50, 50), 0

    found = verdicts()

    assert found["Lambda concurrency"] == "warn"
    assert found["API Gateway throttle"] == "fail"
    assert found["API Gateway log role"] == "fail"
    assert found["CloudFront"] == "warn"


def test_a_bucket_of_another_account_has_the_name_too(aws):
    aws.refused["s3"] = "AccessDenied"

    assert verdicts()["names"] == "fail"


def test_what_is_refused_everywhere_stops_nothing(aws):
    for service in ("freetier", "lambda", "apigateway", "cloudfront", "acm", "dynamodb", "iam"):
        aws.refused[service] = "AccessDeniedException"

    found = verdicts()
    del found["expiry"]  # is read here
    assert set(found.values()) == {"warn"}
