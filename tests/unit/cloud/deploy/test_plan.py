"""A plan in a few lines: what is made, changed and destroyed, and what is lost for good."""

import pytest

from fireside.cloud.deploy import plan


def change(actions, kind="aws_lambda_function", before=None, after=None, unknown=None):
    return {
        "address": f"{kind}.this",
        "type": kind,
        "change": {
            "actions": actions,
            "before": before,
            "after": after,
            "after_unknown": unknown or {},
        },
    }


def lines(*changes, **document):
    return list(plan.summary(plan.read({"resource_changes": list(changes)} | document)))


def test_what_is_made_is_counted_by_service():
    made = [
        change(["create"], kind) for kind in ("aws_iam_role", "aws_iam_policy", "aws_sns_topic")
    ]

    assert lines(*made) == ["  create     3: IAM 2, SNS 1"]


def test_what_changes_is_named_with_its_fields_and_no_values():
    found = lines(
        change(
            ["update"],
            before={"a": "old secret", "b": 1, "c": 1},
            after={"a": "new", "b": 1, "c": 2},
        )
    )

    assert found == ["  update     1: Lambda 1", "             aws_lambda_function.this (a, c)"]


def test_a_field_that_is_known_later_counts_as_changed():
    (found,) = plan.read(
        {
            "resource_changes": [
                change(["update"], before={"v": 1}, after={}, unknown={"v": True, "new": True})
            ]
        }
    ).changes

    assert found.fields == ("v",)


@pytest.mark.parametrize("actions", [["no-op"], ["read"], ["forget"]])
def test_what_changes_nothing_is_not_counted(actions):
    assert lines(change(actions)) == ["  Nothing to change."]


@pytest.mark.parametrize("actions", [["delete"], ["delete", "create"], ["create", "delete"]])
@pytest.mark.parametrize(
    "kind", ["aws_dynamodb_table", "aws_cloudfront_distribution", "aws_apigatewayv2_api"]
)
def test_what_can_not_be_had_again_is_danger(actions, kind):
    read = plan.read({"resource_changes": [change(actions, kind, before={}, after={})]})

    assert [one.address for one in read.losses] == [f"{kind}.this"]
    assert list(plan.summary(read))[-1].startswith(f"  DANGER   {kind}.this is destroyed")


@pytest.mark.parametrize("actions", [["create"], ["update"]])
def test_what_is_made_or_changed_is_no_danger(actions):
    assert not plan.read({"resource_changes": [change(actions, "aws_dynamodb_table")]}).losses


def test_a_destroyed_function_is_no_danger():
    assert not plan.read({"resource_changes": [change(["delete"])]}).losses


def test_a_check_that_would_fail_is_a_note():
    problem = {"message": "nobody can come in"}

    found = lines(checks=[{"instances": [{"problems": [problem]}]}])

    assert found[-1] == "  NOTE     nobody can come in"


@pytest.mark.parametrize(
    ("document", "is_empty"),
    [
        ({"applyable": True, "resource_changes": []}, False),  # an output changes
        ({"applyable": False, "resource_changes": []}, True),
        ({"resource_changes": [change(["create"])]}, False),
    ],
)
def test_outputs_are_a_reason_to_apply(document, is_empty):
    assert plan.read(document).is_empty is is_empty


def test_the_list_can_be_short():
    read = plan.read({"resource_changes": [change(["delete"])]})

    assert list(plan.summary(read, each=False)) == ["  destroy    1: Lambda 1"]
