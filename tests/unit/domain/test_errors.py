"""Refusals: what a program branches on, and what it may ask again."""

from typing import get_args

import pytest

from fireside.domain import errors
from fireside.domain.errors import ChatError

WITH_FIELD = (errors.Unsupported, errors.TooLong, errors.NotFound, errors.Full)
WITHOUT_TEXT = (errors.NameTaken, errors.StorageFailed, errors.Internal)


def made(kind):
    if kind in WITHOUT_TEXT:
        return kind()
    if kind is errors.RateLimited:
        return kind(50)
    return kind("No", "room") if kind in WITH_FIELD else kind("No")


REFUSALS = [made(kind) for kind in vars(errors).values() if kind in ChatError.__subclasses__()]


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: type(refusal).__name__)
def test_each_has_a_code_that_programs_know_and_a_sentence_for_people(refusal):
    assert refusal.code in get_args(errors.Code)
    assert str(refusal) == refusal.text != ""


def test_only_what_may_pass_is_worth_asking_again():
    retryable = {refusal.code for refusal in REFUSALS if refusal.retryable}

    assert retryable == {"busy", "rate_limited", "storage"}


def test_a_field_that_is_wrong_is_named():
    assert errors.TooLong("Shorter, please", "message").field == "message"
    assert errors.InvalidName("No").field == "username"
    assert errors.InvalidJson("No").field is None


def test_who_is_told_to_wait_may_be_told_for_how_long():
    assert errors.Busy("Later", 500).retry_after_ms == 500
    assert errors.Busy("Later").retry_after_ms is None
