# No account is needed: the provider is only asked for its schema.

mock_provider "aws" {
  override_data {
    target = data.aws_iam_policy_document.trust
    values = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"sts:AssumeRole\",\"Principal\":{\"Service\":\"lambda.amazonaws.com\"}}]}" }
  }

  override_data {
    target = data.aws_iam_policy_document.this
    values = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"logs:PutLogEvents\",\"Resource\":\"arn:aws:logs:us-east-1:123456789012:log-group:a\"}]}" }
  }
}

variables {
  name               = "fireside-test-chat"
  description        = "Answers"
  handler            = "fireside.functions.aws.chat"
  package_path       = "../../tests/package.txt"
  memory_megabytes   = 512
  timeout_seconds    = 20
  log_retention_days = 14
  alarm_topic_arn    = "arn:aws:sns:us-east-1:123456789012:alarms"
}

run "runs_on_python_3_13_and_arm64" {
  command = plan

  assert {
    condition     = aws_lambda_function.this.runtime == "python3.13" && tolist(aws_lambda_function.this.architectures) == tolist(["arm64"])
    error_message = "The functions need Python 3.13 and cost less on arm64."
  }
}

run "logs_json_into_a_group_that_forgets" {
  command = plan

  assert {
    condition     = aws_cloudwatch_log_group.this.name == "/aws/lambda/fireside-test-chat" && aws_cloudwatch_log_group.this.retention_in_days == 14
    error_message = "Lambda would make a group of its own, which keeps everything for ever."
  }

  assert {
    condition     = aws_lambda_function.this.logging_config[0].log_format == "JSON"
    error_message = "The log is read by machines."
  }
}

run "goes_back_to_an_earlier_version" {
  command = plan

  variables {
    live_version = "7"
  }

  assert {
    condition     = aws_lambda_alias.this.function_version == "7"
    error_message = "The alias must point at the version that was asked for."
  }
}

run "reserves_nothing_unless_told" {
  command = plan

  assert {
    condition     = aws_lambda_function.this.reserved_concurrent_executions == -1
    error_message = "New accounts can reserve nothing."
  }
}

run "does_not_repeat_when_told_so" {
  command = plan

  variables {
    asynchronous_retries = 0
  }

  assert {
    condition     = aws_lambda_function_event_invoke_config.this[0].maximum_retry_attempts == 0
    error_message = "0 is not null."
  }
}

run "refuses_what_lambda_would_refuse" {
  command = plan

  variables {
    name                 = "no such name"
    handler              = "chat"
    package_path         = "nowhere.zip"
    memory_megabytes     = 64
    timeout_seconds      = 901
    environment          = { EMPTY = "" }
    statements           = { read = { actions = ["dynamodb:*"], resources = ["*"] } }
    live_version         = "$LATEST"
    reserved_concurrency = 0
    asynchronous_retries = 3
  }

  expect_failures = [
    var.name,
    var.handler,
    var.package_path,
    var.memory_megabytes,
    var.timeout_seconds,
    var.environment,
    var.statements,
    var.live_version,
    var.reserved_concurrency,
    var.asynchronous_retries,
  ]
}
