# No account is needed: the provider is only asked for its schema.

mock_provider "aws" {}

variables {
  prefix = "fireside-test"
}

run "pays_for_each_request" {
  command = plan

  assert {
    condition     = aws_dynamodb_table.messages.billing_mode == "PAY_PER_REQUEST" && aws_dynamodb_table.connections.billing_mode == "PAY_PER_REQUEST" && aws_dynamodb_table.people.billing_mode == "PAY_PER_REQUEST"
    error_message = "On demand is the default."
  }

  assert {
    condition     = aws_dynamodb_table.messages.deletion_protection_enabled && aws_dynamodb_table.messages.point_in_time_recovery[0].enabled
    error_message = "Messages are protected, and can be restored."
  }

  assert {
    condition     = aws_dynamodb_table.people.deletion_protection_enabled && aws_dynamodb_table.people.point_in_time_recovery[0].enabled
    error_message = "People are protected, and can be restored."
  }
}

run "stays_within_the_free_units" {
  command = plan

  variables {
    billing_mode = "provisioned"
  }

  assert {
    condition     = aws_dynamodb_table.messages.read_capacity + aws_dynamodb_table.connections.read_capacity + aws_dynamodb_table.people.read_capacity == 25
    error_message = "DynamoDB gives 25 units of reading away."
  }

  assert {
    condition     = aws_dynamodb_table.messages.write_capacity + aws_dynamodb_table.connections.write_capacity + aws_dynamodb_table.people.write_capacity == 25
    error_message = "DynamoDB gives 25 units of writing away."
  }
}

run "lets_go_of_messages_and_people_when_told" {
  command = plan

  variables {
    protect_messages = false
  }

  assert {
    condition     = !aws_dynamodb_table.messages.deletion_protection_enabled && !aws_dynamodb_table.people.deletion_protection_enabled
    error_message = "Destroy needs a way."
  }
}

run "refuses_other_modes" {
  command = plan

  variables {
    prefix       = "a name"
    billing_mode = "PAY_PER_REQUEST"
  }

  expect_failures = [var.prefix, var.billing_mode]
}
