# No account is needed: the provider is only asked for its schema. What it makes is not looked at
# here, but by tools/audit_infra.py after an apply.

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"sts:AssumeRole\",\"Principal\":{\"Service\":\"lambda.amazonaws.com\"}}]}" }
  }
}

mock_provider "random" {}

variables {
  package_path  = "./tests/package.txt"
  page_path     = "./tests/page"
  site          = true
  invite_hashes = ["abababababababababababababababababababababababababababababababab"]
}

run "names_everything_after_project_and_stage" {
  command = plan

  variables {
    stage_name = "test"
  }

  assert {
    condition     = output.functions == { chat = "fireside-test-chat", authorizer = "fireside-test-authorizer", fanout = "fireside-test-fanout", brake = "fireside-test-brake" }
    error_message = "So several chats can be in one account."
  }

  assert {
    condition     = output.tables == { messages = "fireside-test-messages", people = "fireside-test-people", connections = "fireside-test-connections" } && output.site_bucket == "fireside-test-page-123456789012"
    error_message = "Tables and bucket too."
  }
}

run "says_what_the_worst_day_costs_before_it_is_made" {
  command = plan

  variables {
    throttle_rate           = 10
    throttle_burst          = 100
    brake_messages_per_hour = 1000
  }

  assert {
    condition     = output.worst_day_dollars == 16
    error_message = "A lower throttle and a lower brake make a cheaper day."
  }
}

run "writes_to_nobody_unless_told" {
  command = plan

  assert {
    condition     = length(aws_sns_topic_subscription.alarms) == 0 && length(aws_budgets_budget.this) == 0
    error_message = "Without an address there is no subscription and no budget."
  }
}

run "writes_to_you_when_told" {
  command = plan

  variables {
    alarm_email            = "ann@example.org"
    monthly_budget_dollars = 7
  }

  assert {
    condition     = aws_sns_topic_subscription.alarms[0].endpoint == "ann@example.org" && aws_budgets_budget.this[0].limit_amount == "7"
    error_message = "About alarms and about the bill."
  }
}

run "makes_no_page_when_told" {
  command = plan

  variables {
    site            = false
    page_path       = "nowhere"
    allowed_origins = ["https://example.org"]
  }

  assert {
    condition     = length(module.site) == 0 && output.site_bucket == null && length(random_password.origin) == 0
    error_message = "There is neither a bucket nor a secret without CloudFront."
  }
}

run "tells_the_page_that_anybody_may_come_in" {
  command = plan

  variables {
    open          = true
    invite_hashes = []
  }

  assert {
    condition     = output.page_config == "{\"invite\":\"open\"}"
    error_message = "Otherwise the page would ask for an invite."
  }
}

run "touches_the_account_only_when_told" {
  command = plan

  assert {
    condition     = length(aws_api_gateway_account.this) == 0
    error_message = "The log role is every API's."
  }
}

run "tells_when_nobody_can_come_in" {
  command = plan

  variables {
    invite_hashes = []
  }

  expect_failures = [check.somebody_can_come_in]
}

run "refuses_half_a_domain" {
  command = plan

  variables {
    custom_domain = "chat.example.org"
  }

  expect_failures = [var.certificate_arn]
}
