# The chat on AWS: API Gateway, four functions, three tables, the page, and what watches over them.

data "aws_caller_identity" "this" {}

locals {
  prefix = "${var.project_name}-${var.stage_name}"
  api    = jsondecode(file("${path.module}/../api.json"))

  # CloudFront adds a secret in this header: the authorizer refuses a handshake without it.
  origin_header = "x-fireside-origin"
  site_origins  = [for site in module.site : "https://${site.host}"]
  origins       = join(" ", concat(local.site_origins, var.allowed_origins))
  invites       = var.open ? "open" : join(" ", var.invite_hashes)
  endpoint      = "https://${module.websocket_api.host}/${local.api.stage}"

  # What a page can't see: a browser does not say why a handshake was refused.
  page_config = { invite = var.open ? "open" : "required" }

  # The rules for who may connect, for the authorizer and for $connect alike.
  entry_rules = {
    FIRESIDE_HOSTS         = module.websocket_api.host
    FIRESIDE_ORIGINS       = local.origins
    FIRESIDE_INVITE_SHA256 = local.invites

    FIRESIDE_ORIGIN_SECRET_SHA256 = var.site ? sha256(random_password.origin[0].result) : ""
  }
}

# --- The socket --------------------------------------------------------------------------------

module "websocket_api" {
  source = "./modules/websocket_api"

  name               = local.prefix
  api                = local.api
  functions          = { chat = module.chat, authorizer = module.authorizer }
  throttle_rate      = var.throttle_rate
  throttle_burst     = var.throttle_burst
  access_log         = var.access_log
  log_retention_days = var.log_retention_days
  alarm_topic_arn    = aws_sns_topic.alarms.arn
  alarms             = var.alarms

  # API Gateway may distinguish the case of the header's name, which the authorizer does not.
  further_identity_sources = var.origin_header_as_identity_source && var.site ? ["route.request.header.${local.origin_header}"] : []

  depends_on = [aws_api_gateway_account.this]
}

# Its key in api.json was `door` before.
moved {
  from = module.websocket_api.aws_apigatewayv2_authorizer.this["door"]
  to   = module.websocket_api.aws_apigatewayv2_authorizer.this["authorizer"]
}

moved {
  from = module.websocket_api.aws_lambda_permission.authorizer["door"]
  to   = module.websocket_api.aws_lambda_permission.authorizer["authorizer"]
}

module "tables" {
  source = "./modules/tables"

  prefix           = local.prefix
  billing_mode     = var.billing_mode
  protect_messages = var.protect_messages
}

# --- The functions -----------------------------------------------------------------------------

module "chat" {
  source = "./modules/function"

  name                 = "${local.prefix}-chat"
  description          = "Answers every route of the socket"
  handler              = "fireside.functions.aws.chat"
  package_path         = var.package_path
  memory_megabytes     = var.memory_megabytes
  timeout_seconds      = 28 # below the 29 of the gateway: when DynamoDB stalls, a retry can take 24
  live_version         = lookup(var.function_versions, "chat", null)
  reserved_concurrency = var.reserved_concurrency
  log_retention_days   = var.log_retention_days
  alarm_topic_arn      = aws_sns_topic.alarms.arn
  alarms               = var.alarms

  environment = { for name, value in merge(local.entry_rules, {
    FIRESIDE_MESSAGES_TABLE    = module.tables.messages.name
    FIRESIDE_CONNECTIONS_TABLE = module.tables.connections.name
    FIRESIDE_PEOPLE_TABLE      = module.tables.people.name
    FIRESIDE_NAMES             = var.names
    FIRESIDE_OWNER_SHA256      = var.owner_sha256 == null ? "" : var.owner_sha256
    FIRESIDE_ENDPOINT          = local.endpoint
    FIRESIDE_FANOUT_FUNCTION   = module.fanout.alias_arn
    FIRESIDE_POST_SECONDS      = tostring(var.post_seconds)
    FIRESIDE_BROADCAST_SECONDS = tostring(var.broadcast_seconds)
    FIRESIDE_AWS_CLIENT        = var.aws_client

    # What one person may cause in an hour, so that one alone can't pull the brake; `fireside verify`
    # alone connects some twenty times under one name, and each counts as 50.
    FIRESIDE_PERSON_MESSAGES_PER_HOUR = tostring(max(2000, floor(var.brake_messages_per_hour / 5)))
  }) : name => value if value != "" }

  statements = {
    KeepAndReadMessages = {
      actions   = ["dynamodb:DescribeTable", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"]
      resources = [module.tables.messages.arn]
    }
    KnowConnectionsAndRoomMembers = {
      actions   = ["dynamodb:BatchGetItem", "dynamodb:BatchWriteItem", "dynamodb:Query"]
      resources = [module.tables.connections.arn]
    }
    KeepPeople = {
      actions   = ["dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:Query"]
      resources = [module.tables.people.arn]
    }
    CountWhatPersonsUsed = {
      actions   = ["dynamodb:UpdateItem"]
      resources = [module.tables.connections.arn]
      keys      = ["person#*"] # *: the row of any person, and no connection or room
    }
    PostToConnections = {
      actions   = ["execute-api:ManageConnections"]
      resources = [local.connections_arn]
    }
    EndConnections = {
      actions   = ["execute-api:ManageConnections"]
      resources = [local.endings_arn]
    }
    InvokeFanout = {
      actions   = ["lambda:InvokeFunction"]
      resources = [module.fanout.alias_arn]
    }
  }
}

module "authorizer" {
  source = "./modules/function"

  name               = "${local.prefix}-authorizer"
  description        = "Decides who may connect"
  handler            = "fireside.functions.aws.authorizer"
  package_path       = var.package_path
  memory_megabytes   = 256
  timeout_seconds    = 5
  live_version       = lookup(var.function_versions, "authorizer", null)
  log_retention_days = var.log_retention_days
  alarm_topic_arn    = aws_sns_topic.alarms.arn
  alarms             = var.alarms

  environment = { for name, value in local.entry_rules : name => value if value != "" }
}

module "fanout" {
  source = "./modules/function"

  name                 = "${local.prefix}-fanout"
  description          = "Posts to the connections that the chat had no time for"
  handler              = "fireside.functions.aws.fanout"
  package_path         = var.package_path
  memory_megabytes     = 1024 # half a processor: enough for the account's 10,000 posts a second
  timeout_seconds      = 60
  live_version         = lookup(var.function_versions, "fanout", null)
  asynchronous_retries = 0 # a repeated post would be shown twice
  log_retention_days   = var.log_retention_days
  alarm_topic_arn      = aws_sns_topic.alarms.arn
  alarms               = var.alarms

  environment = {
    FIRESIDE_CONNECTIONS_TABLE = module.tables.connections.name
    FIRESIDE_ENDPOINT          = local.endpoint
    FIRESIDE_AWS_CLIENT        = var.aws_client
  }

  statements = {
    ForgetGoneConnections = {
      actions   = ["dynamodb:BatchGetItem", "dynamodb:BatchWriteItem"]
      resources = [module.tables.connections.arn]
    }
    PostToConnections = {
      actions   = ["execute-api:ManageConnections"]
      resources = [local.connections_arn]
    }
  }
}

locals {
  # *: every connection of this stage; no other stage's, and no other verb than POST.
  connections_arn = "${module.websocket_api.execution_arn}/${local.api.stage}/POST/@connections/*"

  # *: the same, with DELETE alone: to cut off who floods.
  endings_arn = "${module.websocket_api.execution_arn}/${local.api.stage}/DELETE/@connections/*"
}

# --- The kill switch, `brake`: too many messages in an hour set the stage's throttle to 0 --------

module "brake" {
  source = "./modules/function"

  name               = "${local.prefix}-brake"
  description        = "Stops the stage when an hour had too many messages"
  handler            = "fireside.functions.aws.brake"
  package_path       = var.package_path
  memory_megabytes   = 256
  timeout_seconds    = 30
  live_version       = lookup(var.function_versions, "brake", null)
  log_retention_days = var.log_retention_days
  alarm_topic_arn    = aws_sns_topic.alarms.arn
  alarms             = var.alarms
  alarm_on_throttles = false # an alarm's call is repeated for hours

  environment = {
    FIRESIDE_API_ID = module.websocket_api.id
    FIRESIDE_STAGE  = module.websocket_api.stage
  }

  statements = {
    SetThrottleOfThisStage = {
      actions   = ["apigateway:PATCH"]
      resources = [module.websocket_api.stage_arn]
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "brake" {
  alarm_name          = "${local.prefix}-brake"
  alarm_description   = "More messages in an hour than brake_messages_per_hour: the stage takes none until the next terraform apply."
  namespace           = "AWS/ApiGateway"
  metric_name         = "MessageCount" # in both directions, as they are billed
  dimensions          = { ApiId = module.websocket_api.id, Stage = module.websocket_api.stage }
  statistic           = "Sum"
  period              = 3600
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.brake_messages_per_hour
  treat_missing_data  = "notBreaching"
  alarm_actions       = [module.brake.alias_arn, aws_sns_topic.alarms.arn]
}

resource "aws_lambda_permission" "brake" {
  statement_id  = "StopOnThisAlarm"
  action        = "lambda:InvokeFunction"
  function_name = module.brake.name
  qualifier     = module.brake.alias
  principal     = "lambda.alarms.cloudwatch.amazonaws.com"
  source_arn    = aws_cloudwatch_metric_alarm.brake.arn
}

# --- The page ----------------------------------------------------------------------------------

module "site" {
  source = "./modules/site"
  count  = var.site ? 1 : 0

  name            = local.prefix
  bucket          = "${local.prefix}-page-${data.aws_caller_identity.this.account_id}"
  page_path       = var.page_path
  page_config     = local.page_config
  socket_host     = module.websocket_api.host
  socket_stage    = local.api.stage
  origin_header   = local.origin_header
  origin_secret   = random_password.origin[0].result
  custom_domain   = var.custom_domain
  certificate_arn = var.certificate_arn
}

resource "random_password" "origin" {
  count = var.site ? 1 : 0

  length  = 43 # 256 bits
  special = false
}

# --- Where alarms go ---------------------------------------------------------------------------

resource "aws_sns_topic" "alarms" {
  #checkov:skip=CKV_AWS_26:Alarms can't write to a topic under AWS's own key, and a key of one's own costs $1 a month; alarms hold no messages
  name = "${local.prefix}-alarms"
}

resource "aws_sns_topic_subscription" "alarms" {
  count = var.alarm_email == null ? 0 : 1

  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = var.alarm_email
}

# Of the whole account: what belongs to one project is known only where cost tags are switched on.
resource "aws_budgets_budget" "this" {
  count = var.alarm_email == null ? 0 : 1

  name         = "${local.prefix}-monthly"
  budget_type  = "COST"
  time_unit    = "MONTHLY"
  limit_amount = tostring(var.monthly_budget_dollars)
  limit_unit   = "USD"

  notification {
    notification_type          = "ACTUAL"
    comparison_operator        = "GREATER_THAN"
    threshold                  = 80
    threshold_type             = "PERCENTAGE"
    subscriber_email_addresses = [var.alarm_email]
  }

  notification {
    notification_type          = "FORECASTED"
    comparison_operator        = "GREATER_THAN"
    threshold                  = 100
    threshold_type             = "PERCENTAGE"
    subscriber_email_addresses = [var.alarm_email]
  }
}

# --- The account's log role, which API Gateway needs once for all APIs in a Region --------------

resource "aws_api_gateway_account" "this" {
  count = var.account_log_role ? 1 : 0

  cloudwatch_role_arn = aws_iam_role.api_gateway_logs[0].arn

  depends_on = [aws_iam_role_policy_attachment.api_gateway_logs]
}

resource "aws_iam_role" "api_gateway_logs" {
  count = var.account_log_role ? 1 : 0

  name               = "${local.prefix}-api-gateway-logs"
  description        = "Lets API Gateway write logs, for every API of this account and Region"
  assume_role_policy = data.aws_iam_policy_document.api_gateway.json
}

resource "aws_iam_role_policy_attachment" "api_gateway_logs" {
  count = var.account_log_role ? 1 : 0

  role       = aws_iam_role.api_gateway_logs[0].name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
}

data "aws_iam_policy_document" "api_gateway" {
  statement {
    sid     = "BeUsedByApiGateway"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["apigateway.amazonaws.com"]
    }
  }
}

check "somebody_can_come_in" {
  assert {
    condition     = var.open || length(var.invite_hashes) > 0
    error_message = "invite_hashes is empty and open is false: no client can connect until you add an invite."
  }

  assert {
    condition     = var.site || length(var.allowed_origins) > 0
    error_message = "site is false and allowed_origins is empty: no page can use this chat, only programs."
  }
}
