output "address" {
  description = "What people open. Add the invite: `fireside invite --stage NAME` prints the whole link."
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
  value       = jsonencode(merge(local.page_config, var.site ? {} : { socket = local.socket_url }))
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
  value       = { for key in ["messages", "people", "connections"] : key => module.tables[key].name }
}

output "log_groups" {
  description = "Where it logs."
  value = merge(
    { for key, function in local.functions : key => function.log_group },
    var.access_log ? { access = module.websocket_api.log_group } : {},
  )
}

output "settings" {
  description = "The settings of the last apply, so that another computer can continue from there. No secrets: of invites and the owner link only the hashes."
  value = {
    project_name                     = var.project_name
    stage_name                       = var.stage_name
    region                           = var.region
    memory_megabytes                 = var.memory_megabytes
    aws_client                       = var.aws_client
    post_seconds                     = var.post_seconds
    broadcast_seconds                = var.broadcast_seconds
    function_versions                = var.function_versions
    reserved_concurrency             = var.reserved_concurrency
    invite_hashes                    = var.invite_hashes
    open                             = var.open
    names                            = var.names
    owner_sha256                     = var.owner_sha256
    allowed_origins                  = var.allowed_origins
    origin_header_as_identity_source = var.origin_header_as_identity_source
    billing_mode                     = var.billing_mode
    log_retention_days               = var.log_retention_days
    access_log                       = var.access_log
    account_log_role                 = var.account_log_role
    throttle_rate                    = var.throttle_rate
    throttle_burst                   = var.throttle_burst
    brake_messages_per_hour          = var.brake_messages_per_hour
    monthly_budget_dollars           = var.monthly_budget_dollars
    alarms                           = var.alarms
    alarm_email                      = var.alarm_email
    site                             = var.site
    custom_domain                    = var.custom_domain
    certificate_arn                  = var.certificate_arn
  }
}

output "worst_day_dollars" {
  description = "What a day can cost at most, under attack, until an operator acts; without visits to the page, which no brake stops."
  value       = local.worst_day_dollars
}

output "destroy_command" {
  description = "How to take everything away, messages included. Export them first."
  value       = "terraform apply -var protect_messages=false && terraform destroy -var protect_messages=false"
}

locals {
  socket_url = var.site ? "wss://${module.site[0].host}/${local.api.stage}" : "wss://${module.websocket_api.host}/${local.api.stage}"
  functions  = { chat = module.chat, authorizer = module.authorizer, fanout = module.fanout, brake = module.brake }

  # A day under attack, calculated as in src/fireside/cloud/cost/bill.py, which says why; a test
  # compares the two. Just below the brake's limit all day, and once above it for the quarter of an
  # hour that the brake may need to act, in which an account can post 9 million times. Each message
  # is the most expensive one; all other requests that the throttle accepts open idle connections.
  let_in   = var.throttle_rate * 86400 + var.throttle_burst
  commands = min(local.let_in, 12 * var.brake_messages_per_hour + 900 * var.throttle_rate)
  comers   = local.let_in - local.commands
  posts    = 900 * 10000

  # Dollars a million in us-east-1, of messages, connection minutes, calls and units.
  gateway_dollars  = 1.00 * (2 * local.commands + local.posts) + 0.25 * 10 * local.comers
  function_dollars = 0.20 * (local.commands + 3 * local.comers) + 13.3334 * var.memory_megabytes / 1024 * ((1.2 + var.broadcast_seconds) * local.commands + 0.051 * local.comers)
  table_dollars    = 0.625 * (19 * local.commands + 4.5 * local.comers) + 0.125 * (106 * local.commands + 4 * local.comers)

  worst_day_dollars = ceil((local.gateway_dollars + local.function_dollars + local.table_dollars) / 1000000)
}
