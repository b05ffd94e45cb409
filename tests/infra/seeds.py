"""Mistakes to make in a copy of infra/, each with the sentence that must tell of it.

Each is small, is taken by Terraform and by AWS's own rules, and would only show later: as a door
that is shut, a message that nobody gets, or a bill.
"""

from typing import NamedTuple


class Seed(NamedTuple):
    """In this file, in place of this, write that; and then this must be said."""

    name: str
    path: str
    old: str
    new: str
    told: str


API, SITE = "modules/websocket_api/main.tf", "modules/site/main.tf"
FUNCTION, TABLES = "modules/function/main.tf", "modules/tables/main.tf"

SEEDS = (
    Seed(
        "a wrong ARN",
        "main.tf",
        '"dynamodb:PutItem", "dynamodb:Query"]\n      resources = [module.tables.messages.arn]',
        '"dynamodb:PutItem", "dynamodb:Query"]\n      resources = [module.tables.connections.arn]',
        "chat may not dynamodb:PutItem on",
    ),
    Seed(
        "a missing permission",
        "main.tf",
        'actions   = ["dynamodb:BatchGetItem", "dynamodb:BatchWriteItem"]',
        'actions   = ["dynamodb:BatchGetItem"]',
        "fanout may not dynamodb:BatchWriteItem on",
    ),
    Seed(
        "a right that no code uses",
        "main.tf",
        'actions   = ["apigateway:PATCH"]',
        'actions   = ["apigateway:PATCH", "apigateway:DELETE"]',
        "brake may apigateway:DELETE on",
    ),
    Seed(
        "a missing route response",
        API,
        "if try(route.twoWay, false) }",
        'if try(route.twoWay, false) && key != "ping" }',
        "Route ping lacks a route response",
    ),
    Seed(
        "a missing route",
        API,
        "routes         = var.api.routes",
        'routes         = { for key, route in var.api.routes : key => route if key != "resume" }',
        "Route resume is only in api.json",
    ),
    Seed(
        "a route past the alias",
        API,
        "integration_uri      = var.functions[each.key].invoke_arn",
        'integration_uri      = replace(var.functions[each.key].invoke_arn, ":live", "")',
        "Route hello does not call the alias of chat",
    ),
    Seed(
        "a shorter wait",
        API,
        "try(each.value.timeoutMillis, 29000)",
        "3000",
        "Route hello waits for 3000 ms, not 29000",
    ),
    Seed(
        "a route that no authorizer guards",
        API,
        'try(each.value.authorizer, null) == null ? "NONE" : "CUSTOM"\n'
        "  authorizer_id                       = "
        "try(aws_apigatewayv2_authorizer.this[each.value.authorizer].id, null)",
        '"NONE"',
        "The authorizer of route $connect is none, not authorizer",
    ),
    Seed(
        "a handshake without a name",
        API,
        "concat(try(each.value.identitySource, []), var.further_identity_sources)",
        "var.further_identity_sources",
        "Authorizer authorizer does not ask for route.request.querystring.username",
    ),
    Seed(
        "a handshake that needs more than anybody sends",
        "main.tf",
        "var.origin_header_as_identity_source && var.site ? "
        '["route.request.header.${local.origin_header}"]',
        'true ? ["route.request.header.${local.origin_header}s"]',
        "Authorizer authorizer asks for route.request.header.x-fireside-origins",
    ),
    Seed(
        "a call that is not allowed",
        API,
        'resource "aws_lambda_permission" "route" {\n  for_each = local.routes',
        'resource "aws_lambda_permission" "route" {\n'
        '  for_each = { for key, route in local.routes : key => route if key != "hello" }',
        "/ws/hello",
    ),
    Seed(
        "an authorizer that may not be asked",
        API,
        "/authorizers/${aws_apigatewayv2_authorizer.this[each.key].id}",
        "/authorizers/other",
        "Nothing lets API Gateway call authorizer for",
    ),
    Seed(
        "a throttle of 0",
        API,
        "throttling_rate_limit    = var.throttle_rate",
        "throttling_rate_limit    = 0",
        "The stage's throttle is 0",
    ),
    Seed(
        "another stage",
        API,
        "name          = var.api.stage",
        'name          = "live"',
        "The stage is live, and the page looks for /ws",
    ),
    Seed(
        "a log of what people say",
        API,
        'logging_level            = "OFF"',
        'logging_level            = "INFO"',
        "The stage logs users' texts",
    ),
    Seed(
        "a log of names",
        API,
        '"$context.routeKey"',
        '"$context.path"',
        "The access log shows path",
    ),
    Seed(
        "a deployment that never changes",
        API,
        "triggers    = { frozen = sha256(jsonencode(local.frozen)) }",
        "",
        "The stage has no deployment that is renewed with each change",
    ),
    Seed(
        "a missing log group",
        FUNCTION,
        'name              = "/aws/lambda/${var.name}"',
        'name              = "/aws/functions/${var.name}"',
        "chat has no log group with a retention",
    ),
    Seed(
        "an old runtime",
        FUNCTION,
        '"python3.13"',
        '"python3.12"',
        "chat does not run on Python 3.13",
    ),
    Seed(
        "a fan-out that is repeated",
        "main.tf",
        "asynchronous_retries = 0",
        "asynchronous_retries = 2",
        "Lambda retries fanout when it fails",
    ),
    Seed(
        "another endpoint",
        "main.tf",
        "FIRESIDE_ENDPOINT          = local.endpoint\n    FIRESIDE_FANOUT_FUNCTION",
        'FIRESIDE_ENDPOINT          = "https://example.org/ws"\n    FIRESIDE_FANOUT_FUNCTION',
        "chat has FIRESIDE_ENDPOINT = https://example.org/ws",
    ),
    Seed(
        "a brake that nobody may pull",
        "main.tf",
        "lambda.alarms.cloudwatch.amazonaws.com",
        "events.amazonaws.com",
        "Nothing lets the alarm call the brake",
    ),
    Seed(
        "a brake that nobody pulls",
        "main.tf",
        "alarm_actions       = [module.brake.alias_arn, aws_sns_topic.alarms.arn]",
        "alarm_actions       = [aws_sns_topic.alarms.arn]",
        "No alarm on the stage's messages invokes the brake",
    ),
    Seed(
        "another secret",
        "main.tf",
        "sha256(random_password.origin[0].result)",
        'sha256("other")',
        "The functions do not know the secret that CloudFront sends",
    ),
    Seed(
        "a path below the stage",
        SITE,
        '"/${var.socket_stage}"',
        '"/${var.socket_stage}/*"',
        "CloudFront leads /ws/* to the socket, not /ws",
    ),
    Seed(
        "the wrong Host",
        SITE,
        '"Origin",',
        '"Origin",\n    "Host",',
        "never Host",
    ),
    Seed(
        "a cached socket",
        SITE,
        "cache_policy_id          = local.caching_disabled",
        "cache_policy_id          = local.caching_optimized",
        "CloudFront caches",
    ),
    Seed(
        "an error that everybody gets",
        SITE,
        "error_caching_min_ttl = 0",
        "error_caching_min_ttl = 10",
        "CloudFront repeats its errors 404, 414, 500, 501, 502, 503, 504 to other clients",
    ),
    Seed(
        "a bucket that may be public",
        SITE,
        "restrict_public_buckets = true",
        "restrict_public_buckets = false",
        "may be made public",
    ),
    Seed(
        "a bucket without TLS",
        SITE,
        '"aws:SecureTransport"',
        '"aws:ViaAWSService"',
        "can be read without TLS",
    ),
    Seed(
        "a bucket that CloudFront may not read",
        SITE,
        "[aws_cloudfront_distribution.this.arn]",
        '["arn:aws:cloudfront::123456789012:distribution/OTHER"]',
        "CloudFront may not read the bucket",
    ),
    Seed(
        "rows that stay",
        TABLES,
        'ttl {\n    attribute_name = "ttl"\n    enabled        = true',
        'ttl {\n    attribute_name = "ttl"\n    enabled        = false',
        "never deletes expired rows",
    ),
    Seed(
        "messages that can't be restored",
        TABLES,
        "point_in_time_recovery {\n    enabled = true",
        "point_in_time_recovery {\n    enabled = false",
        "can't be restored to a moment",
    ),
)
