output "address" {
  description = "What people open. Add the invite: `fireside invite` prints the whole link."
  value       = var.site ? "https://${module.site[0].host}/" : local.socket_url
}

output "socket_url" {
  description = "Where clients connect."
  value       = local.socket_url
}

output "api_endpoint" {
  description = "Where the functions post to connections."
  value       = local.endpoint
}

output "page_config" {
  description = "What belongs into config.json beside a page that you serve yourself."
  value       = jsonencode(var.site ? {} : { socket = local.socket_url })
}

output "site_bucket" {
  description = "Where the page is, or null."
  value       = one(module.site[*].bucket)
}

output "distribution_id" {
  description = "The CloudFront distribution, or null."
  value       = one(module.site[*].distribution_id)
}

output "distribution_host" {
  description = "What a domain of yours must lead to, or null."
  value       = one(module.site[*].distribution_host)
}

output "distribution_zone_id" {
  description = "CloudFront's zone for an alias record in Route 53, or null."
  value       = one(module.site[*].distribution_zone_id)
}

output "functions" {
  description = "The functions' names."
  value       = { for key, function in local.functions : key => function.name }
}

output "live_versions" {
  description = "Which version of each function is called; function_versions goes back to an earlier one."
  value       = { for key, function in local.functions : key => function.live_version }
}

output "tables" {
  description = "The tables' names."
  value       = { messages = module.tables.messages.name, connections = module.tables.connections.name }
}

output "log_groups" {
  description = "Where it logs."
  value = merge(
    { for key, function in local.functions : key => function.log_group },
    var.access_log ? { access = module.websocket_api.log_group } : {},
  )
}

output "settings" {
  description = "What the last apply was told, so that another computer goes on from there. No secrets: of invites the hashes."
  value = {
    project_name            = var.project_name
    stage_name              = var.stage_name
    region                  = var.region
    memory_megabytes        = var.memory_megabytes
    aws_client              = var.aws_client
    function_versions       = var.function_versions
    reserved_concurrency    = var.reserved_concurrency
    invite_hashes           = var.invite_hashes
    open                    = var.open
    allowed_origins         = var.allowed_origins
    billing_mode            = var.billing_mode
    log_retention_days      = var.log_retention_days
    access_log              = var.access_log
    account_log_role        = var.account_log_role
    throttle_rate           = var.throttle_rate
    throttle_burst          = var.throttle_burst
    brake_messages_per_hour = var.brake_messages_per_hour
    monthly_budget_dollars  = var.monthly_budget_dollars
    alarm_email             = var.alarm_email
    site                    = var.site
    custom_domain           = var.custom_domain
    certificate_arn         = var.certificate_arn
  }
}

output "worst_day_dollars" {
  description = "What a day of messages can cost at most, every message as dear as can be, just below the brake."
  value       = local.worst_day_dollars
}

output "destroy_command" {
  description = "How to take everything away, messages included. Export them first."
  value       = "terraform apply -var protect_messages=false && terraform destroy -var protect_messages=false"
}

locals {
  socket_url = var.site ? "wss://${module.site[0].host}/${local.api.stage}" : "wss://${module.websocket_api.host}/${local.api.stage}"
  functions  = { chat = module.chat, authorizer = module.authorizer, fanout = module.fanout, brake = module.brake }

  # Dollars a million in us-east-1: a metered message; and if it is a send of the longest text to
  # nobody else, a call of a second, 12 units of writing and 2 of reading (docs/reference/dynamodb.md).
  message_dollars = 1.00
  call_dollars    = 0.20 + 13.3334 * var.memory_megabytes / 1024
  table_dollars   = 12 * 0.625 + 2 * 0.125

  # Until the brake acts, some minutes go by, in which an account can have 3 million messages.
  overshoot_dollars = 3

  worst_day_dollars = ceil(
    24 * var.brake_messages_per_hour * (local.message_dollars + local.call_dollars + local.table_dollars) / 1000000 + local.overshoot_dollars
  )
}
