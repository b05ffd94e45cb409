# One Lambda function: its role, its log, the alias that everybody calls, and two alarms.

resource "aws_cloudwatch_log_group" "this" {
  #checkov:skip=CKV_AWS_158:CloudWatch encrypts logs with its own key; a key of one's own costs $1 a month, and no message is ever logged
  #checkov:skip=CKV_AWS_338:A chat's logs need days, not a year; the variable takes more
  name              = "/aws/lambda/${var.name}"
  retention_in_days = var.log_retention_days
}

resource "aws_iam_role" "this" {
  name               = var.name
  description        = "What ${var.name} may do"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role_policy" "this" {
  name   = "what-the-code-does"
  role   = aws_iam_role.this.id
  policy = data.aws_iam_policy_document.this.json
}

resource "aws_lambda_function" "this" {
  #checkov:skip=CKV_AWS_116:What failed is not tried again on purpose: a message is kept before it is sent, and clients ask for holes
  #checkov:skip=CKV_AWS_117:Nothing it calls is in a VPC, and the NAT that it would need costs $32 a month
  #checkov:skip=CKV_AWS_173:No variable is a secret: of invites and of the origin's header only hashes are here
  #checkov:skip=CKV_AWS_272:Signing the zip needs a signing profile; a user who may upload one may do worse
  function_name                  = var.name
  description                    = var.description
  role                           = aws_iam_role.this.arn
  handler                        = var.handler
  runtime                        = "python3.13"
  architectures                  = ["arm64"]
  filename                       = var.package_path
  source_code_hash               = filebase64sha256(var.package_path)
  memory_size                    = var.memory_megabytes
  timeout                        = var.timeout_seconds
  reserved_concurrent_executions = var.reserved_concurrency == null ? -1 : var.reserved_concurrency
  publish                        = true # the alias points at versions

  environment {
    variables = var.environment
  }

  tracing_config {
    mode = "PassThrough" # X-Ray would cost $5 a million traces
  }

  # Metrics travel as INFO lines of the log. Lambda's own START and REPORT lines would cost more
  # than ours, so of those only warnings are kept.
  logging_config {
    log_format            = "JSON"
    application_log_level = "INFO"
    system_log_level      = "WARN"
    log_group             = aws_cloudwatch_log_group.this.name
  }

  depends_on = [aws_iam_role_policy.this]
}

# Everybody calls the alias, so going back to an earlier version is one variable and no upload.
resource "aws_lambda_alias" "this" {
  name             = "live"
  description      = "What is called; rolled back by function_versions"
  function_name    = aws_lambda_function.this.function_name
  function_version = coalesce(var.live_version, aws_lambda_function.this.version)
}

resource "aws_lambda_function_event_invoke_config" "this" {
  count = var.asynchronous_retries == null ? 0 : 1

  function_name                = aws_lambda_function.this.function_name
  qualifier                    = aws_lambda_alias.this.name
  maximum_retry_attempts       = var.asynchronous_retries
  maximum_event_age_in_seconds = 60 # who gets a message later has asked for it before
}

resource "aws_cloudwatch_metric_alarm" "errors" {
  count = var.alarms ? 1 : 0

  alarm_name          = "${var.name}-errors"
  alarm_description   = "${var.name} failed: see its log, ${aws_cloudwatch_log_group.this.name}."
  namespace           = "AWS/Lambda"
  metric_name         = "Errors"
  dimensions          = { FunctionName = aws_lambda_function.this.function_name }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.alarm_topic_arn]
}

resource "aws_cloudwatch_metric_alarm" "throttles" {
  count = var.alarms && var.alarm_on_throttles ? 1 : 0

  alarm_name          = "${var.name}-throttles"
  alarm_description   = "Lambda refused to run ${var.name}: too many at once for this account or for reserved_concurrency."
  namespace           = "AWS/Lambda"
  metric_name         = "Throttles"
  dimensions          = { FunctionName = aws_lambda_function.this.function_name }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.alarm_topic_arn]
}

# --- Who may be it, and what it may do ---------------------------------------------------------

data "aws_iam_policy_document" "trust" {
  statement {
    sid     = "BeRunByLambda"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "this" {
  statement {
    sid       = "WriteOwnLog"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.this.arn}:*"] # *: Lambda names the streams in it
  }

  dynamic "statement" {
    for_each = var.statements

    content {
      sid       = statement.key
      actions   = statement.value.actions
      resources = statement.value.resources

      dynamic "condition" {
        for_each = length(statement.value.keys) > 0 ? [statement.value.keys] : []

        content {
          test     = "ForAllValues:StringLike"
          variable = "dynamodb:LeadingKeys"
          values   = condition.value
        }
      }
    }
  }
}
