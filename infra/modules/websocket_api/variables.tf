variable "name" {
  description = "What the API is called."
  type        = string

  validation {
    condition     = length(var.name) >= 1 && length(var.name) <= 128
    error_message = "An API's name has 1 to 128 characters."
  }
}

variable "api" {
  description = "What api.json says: jsondecode(file(\"api.json\"))."
  type        = any

  validation {
    condition = alltrue([
      for route in values(var.api.routes) : contains(keys(var.api.integrations), route.integration)
    ])
    error_message = "A route in api.json calls an integration that is not there."
  }

  validation {
    condition     = alltrue([for route in values(var.api.routes) : !can(route.model)])
    error_message = "A route in api.json has a model: only the local gateway knows those so far."
  }
}

variable "functions" {
  description = "Which function each integration and each authorizer of api.json is."
  type = map(object({
    name       = string
    alias      = string
    invoke_arn = string
  }))

  validation {
    condition = alltrue([
      for name in concat(keys(var.api.integrations), keys(try(var.api.authorizers, {}))) : contains(keys(var.functions), name)
    ])
    error_message = "Name a function for every integration and every authorizer in api.json."
  }
}

variable "further_identity_sources" {
  description = "What a handshake must bring beside what api.json asks for, or the answer is 401 and no function runs."
  type        = list(string)
  default     = []

  validation {
    condition = alltrue([
      for source in var.further_identity_sources : can(regex("^route\\.request\\.(header|querystring)\\.\\S+$", source))
    ])
    error_message = "Write a source as route.request.header.NAME or route.request.querystring.NAME."
  }
}

variable "throttle_rate" {
  description = "Requests a second from all clients together; more get 429."
  type        = number

  validation {
    condition     = var.throttle_rate > 0 && var.throttle_rate <= 10000
    error_message = "Take 1 to 10000 a second: 0 would refuse everybody, and an account has 10000."
  }
}

variable "throttle_burst" {
  description = "Requests at once from all clients together."
  type        = number

  validation {
    condition     = var.throttle_burst > 0 && var.throttle_burst <= 5000
    error_message = "Take 1 to 5000: 0 would refuse everybody, and an account has 5000."
  }
}

variable "access_log" {
  description = "Whether API Gateway logs a line for each event. It needs a role in the account's settings."
  type        = bool
  default     = false
}

variable "log_retention_days" {
  description = "How long to keep the access log."
  type        = number
}

variable "alarm_topic_arn" {
  description = "The SNS topic that alarms are sent to."
  type        = string
}

variable "alarms" {
  description = "Whether to create the alarms for errors and slow answers."
  type        = bool
  default     = true
}
