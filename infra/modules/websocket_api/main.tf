# A WebSocket API out of api.json, the file that the local gateway reads too: so they can't differ.

locals {
  routes         = var.api.routes
  two_way_routes = { for key, route in local.routes : key => route if try(route.twoWay, false) }
  authorizers    = try(var.api.authorizers, {})

  # API Gateway runs what was deployed, not what is configured. Whatever a deployment freezes must
  # be in here, or a change to it would never be seen.
  frozen = {
    selection = aws_apigatewayv2_api.this.route_selection_expression
    routes = [for route in aws_apigatewayv2_route.this : [
      route.id, route.route_key, route.target, route.authorization_type, route.authorizer_id, route.route_response_selection_expression
    ]]
    responses = [for response in aws_apigatewayv2_route_response.this : [
      response.id, response.route_id, response.route_response_key
    ]]
    integrations = [for integration in aws_apigatewayv2_integration.this : [
      integration.id, integration.integration_type, integration.integration_uri, integration.timeout_milliseconds
    ]]
    authorizers = [for authorizer in aws_apigatewayv2_authorizer.this : [
      authorizer.id, authorizer.authorizer_uri, authorizer.identity_sources
    ]]
  }
}

resource "aws_apigatewayv2_api" "this" {
  name                       = var.name
  description                = "The socket of ${var.name}"
  protocol_type              = "WEBSOCKET"
  route_selection_expression = try(var.api.routeSelectionExpression, "$request.body.action")
}

resource "aws_apigatewayv2_integration" "this" {
  for_each = var.api.integrations

  api_id               = aws_apigatewayv2_api.this.id
  integration_type     = "AWS_PROXY"
  integration_method   = "POST" # how Lambda is called, whatever the client did
  integration_uri      = var.functions[each.key].invoke_arn
  timeout_milliseconds = try(each.value.timeoutMillis, 29000)
}

resource "aws_apigatewayv2_authorizer" "this" {
  for_each = local.authorizers

  api_id           = aws_apigatewayv2_api.this.id
  name             = each.key
  authorizer_type  = "REQUEST"
  authorizer_uri   = var.functions[each.key].invoke_arn
  identity_sources = concat(try(each.value.identitySource, []), var.further_identity_sources)
}

# Only $connect can have an authorizer: who is let in stays let in.
resource "aws_apigatewayv2_route" "this" {
  for_each = local.routes

  api_id                              = aws_apigatewayv2_api.this.id
  route_key                           = each.key
  target                              = "integrations/${aws_apigatewayv2_integration.this[each.value.integration].id}"
  authorization_type                  = try(each.value.authorizer, null) == null ? "NONE" : "CUSTOM"
  authorizer_id                       = try(aws_apigatewayv2_authorizer.this[each.value.authorizer].id, null)
  route_response_selection_expression = contains(keys(local.two_way_routes), each.key) ? "$default" : null
}

# Without it the body of an answer is dropped.
resource "aws_apigatewayv2_route_response" "this" {
  for_each = local.two_way_routes

  api_id             = aws_apigatewayv2_api.this.id
  route_id           = aws_apigatewayv2_route.this[each.key].id
  route_response_key = "$default" # there is no other
}

resource "aws_apigatewayv2_deployment" "this" {
  api_id      = aws_apigatewayv2_api.this.id
  description = "Made by Terraform"
  triggers    = { frozen = sha256(jsonencode(local.frozen)) }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_apigatewayv2_stage" "this" {
  #checkov:skip=CKV2_AWS_51:A client certificate is for HTTP integrations; there is none here
  api_id        = aws_apigatewayv2_api.this.id
  name          = var.api.stage
  deployment_id = aws_apigatewayv2_deployment.this.id

  stage_variables = try(var.api.stageVariables, null)

  # Without throttles the provider writes 0, and every call is answered with 429. The brake writes
  # 0 on purpose; the next apply takes it back.
  default_route_settings {
    throttling_rate_limit    = var.throttle_rate
    throttling_burst_limit   = var.throttle_burst
    detailed_metrics_enabled = false # a metric for each route would cost $0.30 a month
    data_trace_enabled       = false # would log what people say
    logging_level            = "OFF" # would log query strings, and so names
  }

  dynamic "access_log_settings" {
    for_each = var.access_log ? [local.access_log_format] : []

    content {
      destination_arn = aws_cloudwatch_log_group.access[0].arn
      format          = jsonencode(access_log_settings.value)
    }
  }
}

resource "aws_lambda_permission" "route" {
  for_each = local.routes

  statement_id  = "CallFor${replace(title(replace(each.key, "$", "")), "/[^A-Za-z0-9]/", "")}"
  action        = "lambda:InvokeFunction"
  function_name = var.functions[each.value.integration].name
  qualifier     = var.functions[each.value.integration].alias
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.this.execution_arn}/${var.api.stage}/${each.key}"
}

resource "aws_lambda_permission" "authorizer" {
  for_each = local.authorizers

  statement_id  = "AskBeforeConnect"
  action        = "lambda:InvokeFunction"
  function_name = var.functions[each.key].name
  qualifier     = var.functions[each.key].alias
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.this.execution_arn}/authorizers/${aws_apigatewayv2_authorizer.this[each.key].id}"
}

# --- What can be seen of it --------------------------------------------------------------------

locals {
  # No path, no query string, no address: names and invites may be in the first two.
  access_log_format = {
    time               = "$context.requestTime"
    requestId          = "$context.requestId"
    connectionId       = "$context.connectionId"
    event              = "$context.eventType"
    route              = "$context.routeKey"
    status             = "$context.status"
    error              = "$context.error.message"
    authorizerError    = "$context.authorizer.error"
    integrationError   = "$context.integrationErrorMessage"
    integrationLatency = "$context.integrationLatency"
  }
  stage_dimensions = { ApiId = aws_apigatewayv2_api.this.id, Stage = aws_apigatewayv2_stage.this.name }
}

resource "aws_cloudwatch_log_group" "access" {
  #checkov:skip=CKV_AWS_158:CloudWatch encrypts logs with its own key; a key of one's own costs $1 a month, and no message is ever logged
  #checkov:skip=CKV_AWS_338:A chat's logs need days, not a year; the variable takes more
  count = var.access_log ? 1 : 0

  name              = "/aws/apigateway/${var.name}"
  retention_in_days = var.log_retention_days
}

resource "aws_cloudwatch_metric_alarm" "integration_errors" {
  count = var.alarms ? 1 : 0

  alarm_name          = "${var.name}-integration-errors"
  alarm_description   = "API Gateway got errors from the functions of ${var.name}: see their logs."
  namespace           = "AWS/ApiGateway"
  metric_name         = "IntegrationError"
  dimensions          = local.stage_dimensions
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 5
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.alarm_topic_arn]
}

resource "aws_cloudwatch_metric_alarm" "latency" {
  count = var.alarms ? 1 : 0

  alarm_name          = "${var.name}-latency"
  alarm_description   = "One call in twenty to ${var.name} took more than 2 seconds for 15 minutes."
  namespace           = "AWS/ApiGateway"
  metric_name         = "IntegrationLatency"
  dimensions          = local.stage_dimensions
  extended_statistic  = "p95"
  period              = 300
  evaluation_periods  = 3
  comparison_operator = "GreaterThanThreshold"
  threshold           = 2000
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.alarm_topic_arn]
}
