# No account is needed: the provider is only asked for its schema.

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":\"s3:*\",\"Resource\":\"*\"}]}" }
  }
}

run "keeps_every_version_of_a_state_for_itself" {
  command = plan

  assert {
    condition     = aws_s3_bucket.this.bucket == "fireside-state-123456789012"
    error_message = "The name is the project's and the account's."
  }

  assert {
    condition     = aws_s3_bucket_versioning.this.versioning_configuration[0].status == "Enabled" && aws_s3_bucket_public_access_block.this.restrict_public_buckets
    error_message = "A state has secrets in it, and a bad one must be undone."
  }
}

run "refuses_names_that_no_bucket_may_have" {
  command = plan

  variables {
    project_name = "My Chat"
    region       = "us-gov-west-1"
  }

  expect_failures = [var.project_name, var.region]
}
