variable "name" {
  description = "What the function is called; its role and its log are called the same."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,64}$", var.name))
    error_message = "A function's name has up to 64 letters, digits, - and _."
  }
}

variable "description" {
  description = "What the function does, in a sentence."
  type        = string
}

variable "handler" {
  description = "What is called in the package, as package.module.function."
  type        = string

  validation {
    condition     = can(regex("^\\w+(\\.\\w+)+$", var.handler))
    error_message = "Write the handler as package.module.function."
  }
}

variable "package_path" {
  description = "The zip with the code."
  type        = string

  validation {
    condition     = fileexists(var.package_path)
    error_message = "The package is not there: make it with `fireside package`."
  }
}

variable "memory_megabytes" {
  description = "Memory; processor time comes in proportion."
  type        = number

  validation {
    condition     = var.memory_megabytes >= 128 && var.memory_megabytes <= 10240
    error_message = "Lambda has 128 to 10240 megabytes."
  }
}

variable "timeout_seconds" {
  description = "How long one call may take."
  type        = number

  validation {
    condition     = var.timeout_seconds >= 1 && var.timeout_seconds <= 900
    error_message = "Lambda runs for 1 to 900 seconds."
  }
}

variable "environment" {
  description = "The function's environment. No secrets: who may look at the function may read it."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for value in values(var.environment) : value != ""])
    error_message = "Leave a variable out rather than empty."
  }
}

variable "statements" {
  description = "What the function may do beside writing its log: for each deed its actions and on what; with keys, on rows of a table whose partition key is like one of them."
  type = map(object({
    actions   = list(string)
    resources = list(string)
    keys      = optional(list(string), [])
  }))
  default = {}

  validation {
    condition     = alltrue([for name in keys(var.statements) : can(regex("^[A-Z][A-Za-z]+$", name))])
    error_message = "Name a statement for what the code does with it, as ReadRoomMembers."
  }

  validation {
    condition = alltrue(flatten([
      for statement in values(var.statements) : [for action in statement.actions : can(regex("^[a-z0-9-]+:[A-Za-z]+$", action))]
    ]))
    error_message = "Name each action in full, as dynamodb:Query: no * here."
  }
}

variable "live_version" {
  description = "The published version that is called; null for the newest."
  type        = string
  default     = null

  validation {
    condition     = var.live_version == null || can(regex("^[1-9][0-9]*$", var.live_version))
    error_message = "A version is a number, as 7."
  }
}

variable "reserved_concurrency" {
  description = "How many may run at once, taken from the account's; null for whatever is free."
  type        = number
  default     = null

  validation {
    condition     = var.reserved_concurrency == null ? true : var.reserved_concurrency >= 1
    error_message = "Reserve at least 1, or null for none: 0 would stop the function."
  }
}

variable "asynchronous_retries" {
  description = "How often Lambda repeats an asynchronous call that failed; null for its own 2."
  type        = number
  default     = null

  validation {
    condition     = var.asynchronous_retries == null ? true : contains([0, 1, 2], var.asynchronous_retries)
    error_message = "Lambda repeats 0, 1 or 2 times."
  }
}

variable "log_retention_days" {
  description = "How long to keep the log."
  type        = number
}

variable "alarm_topic_arn" {
  description = "The SNS topic that alarms are sent to."
  type        = string
}

variable "alarms" {
  description = "Whether to create the alarms for failed and refused calls."
  type        = bool
  default     = true
}

variable "alarm_on_throttles" {
  description = "Whether to create the alarm for calls that Lambda refuses to run."
  type        = bool
  default     = true
}
