# No account is needed: the provider is only asked for its schema.

mock_provider "aws" {
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:us-east-1:123456789012:log-group:access" }
  }
}

variables {
  name               = "fireside-test"
  throttle_rate      = 100
  throttle_burst     = 200
  log_retention_days = 14
  alarm_topic_arn    = "arn:aws:sns:us-east-1:123456789012:alarms"

  api = {
    stage        = "ws"
    authorizers  = { authorizer = { identitySource = ["route.request.querystring.username"] } }
    integrations = { chat = { timeoutMillis = 5000 } }
    routes = {
      "$connect" = { integration = "chat", authorizer = "authorizer" }
      "$default" = { integration = "chat", twoWay = true }
      whisper    = { integration = "chat" }
    }
  }

  functions = {
    chat       = { name = "chat", alias = "live", invoke_arn = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:chat:live/invocations" }
    authorizer = { name = "authorizer", alias = "live", invoke_arn = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:authorizer:live/invocations" }
  }
}

run "makes_a_route_of_each_line" {
  command = plan

  assert {
    condition     = toset(keys(aws_apigatewayv2_route.this)) == toset(["$connect", "$default", "whisper"])
    error_message = "One route for each in api.json."
  }

  assert {
    condition     = { for key, route in aws_apigatewayv2_route.this : key => route.authorization_type } == { "$connect" = "CUSTOM", "$default" = "NONE", whisper = "NONE" }
    error_message = "Only the route that names an authorizer asks one."
  }

  assert {
    condition     = keys(aws_apigatewayv2_route_response.this) == ["$default"] && aws_apigatewayv2_route.this["whisper"].route_response_selection_expression == null
    error_message = "Only a route that is twoWay answers."
  }

  assert {
    condition     = aws_apigatewayv2_integration.this["chat"].timeout_milliseconds == 5000
    error_message = "api.json says how long to wait."
  }
}

run "never_throttles_to_nothing" {
  command = plan

  assert {
    condition     = aws_apigatewayv2_stage.this.default_route_settings[0].throttling_rate_limit == 100 && aws_apigatewayv2_stage.this.default_route_settings[0].throttling_burst_limit == 200
    error_message = "Without throttles every call would be answered with 429."
  }
}

run "asks_for_more_when_told" {
  command = plan

  variables {
    further_identity_sources = ["route.request.header.x-secret"]
  }

  assert {
    condition     = aws_apigatewayv2_authorizer.this["authorizer"].identity_sources == toset(["route.request.querystring.username", "route.request.header.x-secret"])
    error_message = "What api.json asks for, and what the variables add."
  }
}

run "logs_no_names" {
  command = plan

  variables {
    access_log = true
  }

  assert {
    condition     = length(aws_cloudwatch_log_group.access) == 1 && !strcontains(jsonencode(local.access_log_format), "query")
    error_message = "A query string has a name in it, and may have an invite."
  }
}

run "refuses_a_model" {
  command = plan

  variables {
    api = {
      stage        = "ws"
      integrations = { chat = {} }
      routes       = { "$default" = { integration = "chat", model = { type = "object" } } }
    }
    throttle_rate            = 0
    throttle_burst           = 0
    further_identity_sources = ["a header"]
    name                     = ""
  }

  expect_failures = [var.api, var.throttle_rate, var.throttle_burst, var.further_identity_sources, var.name]
}

run "refuses_an_integration_that_nobody_is" {
  command = plan

  variables {
    functions = {}
  }

  expect_failures = [var.functions]
}
