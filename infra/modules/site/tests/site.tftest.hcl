# No account is needed: the provider is only asked for its schema.

mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }
}

variables {
  name          = "fireside-test"
  bucket        = "fireside-test-page-123456789012"
  page_path     = "../../tests/page"
  page_config   = { invite = "required" }
  socket_host   = "abc123.execute-api.us-east-1.amazonaws.com"
  socket_stage  = "ws"
  origin_header = "x-fireside-origin"
  origin_secret = "for tests"
}

run "keeps_the_page_fresh_and_its_assets_for_ever" {
  command = plan

  assert {
    condition     = aws_s3_object.page["index.html"].cache_control == "no-cache" && startswith(aws_s3_object.page["index.html"].content_type, "text/html")
    error_message = "index.html names the assets of today."
  }

  assert {
    condition     = strcontains(aws_s3_object.page["assets/index-test.js"].cache_control, "immutable")
    error_message = "An asset has its hash in its name."
  }

  assert {
    condition     = !contains(keys(aws_s3_object.page), "config.json") && aws_s3_object.config.content == "{\"invite\":\"required\"}"
    error_message = "The settings of the page are made here, not copied."
  }
}

run "leads_the_stage_to_the_socket" {
  command = plan

  assert {
    condition     = aws_cloudfront_distribution.this.ordered_cache_behavior[0].path_pattern == "/ws"
    error_message = "Exactly the stage: API Gateway refuses a path after it."
  }

  assert {
    condition     = !contains(local.handshake_headers, "Host")
    error_message = "API Gateway knows only its own host."
  }
}

run "keeps_no_error_for_the_next_one" {
  command = plan

  assert {
    condition = { for one in aws_cloudfront_distribution.this.custom_error_response : one.error_code => one.error_caching_min_ttl } == {
      404 = 0, 414 = 0, 500 = 0, 501 = 0, 502 = 0, 503 = 0, 504 = 0
    }
    error_message = "CloudFront gives these to everybody at an edge for ten seconds, unless told."
  }

  assert {
    condition     = alltrue([for one in aws_cloudfront_distribution.this.custom_error_response : one.response_page_path == null])
    error_message = "A page in place of the answer would change what a client is told."
  }
}

run "takes_a_domain_of_yours" {
  command = plan

  variables {
    custom_domain   = "chat.example.org"
    certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/abc"
  }

  assert {
    condition     = tolist(aws_cloudfront_distribution.this.aliases) == tolist(["chat.example.org"]) && aws_cloudfront_distribution.this.viewer_certificate[0].minimum_protocol_version == "TLSv1.2_2021"
    error_message = "Your domain, your certificate, TLS 1.2."
  }

  assert {
    condition     = output.host == "chat.example.org"
    error_message = "People come in by your domain."
  }
}

run "refuses_what_aws_would_refuse" {
  command = plan

  variables {
    name          = "no such name"
    bucket        = "Capitals"
    page_path     = "nowhere"
    custom_domain = "chat.example.org"
  }

  expect_failures = [var.name, var.bucket, var.page_path, var.certificate_arn]
}
