# --- Which chat, and where ---------------------------------------------------------------------

variable "project_name" {
  description = "What every name begins with."
  type        = string
  default     = "fireside"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,18}[a-z0-9]$", var.project_name))
    error_message = "Take 3 to 20 small letters, digits and - for project_name, as fireside: a bucket is named after it."
  }
}

variable "stage_name" {
  description = "Which of several chats in an account, as prod or test. The socket's path is /ws in all of them."
  type        = string
  default     = "prod"

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,9}$", var.stage_name))
    error_message = "Take 2 to 10 small letters and digits for stage_name, as prod."
  }
}

variable "region" {
  description = "AWS's Region for all but CloudFront, which is everywhere. Not in China, GovCloud or Europe's sovereign cloud."
  type        = string
  default     = "us-east-1"

  validation {
    condition     = can(regex("^(us|eu|ap|sa|ca|me|af|il|mx)-[a-z]+-[0-9]+$", var.region))
    error_message = "Write region as AWS does, as eu-central-1; not one in China, GovCloud or Europe's sovereign cloud, where endpoints and ARNs are others."
  }
}

# --- What runs ---------------------------------------------------------------------------------

variable "package_path" {
  description = "The functions' code: a zip that `fireside package` makes."
  type        = string
  default     = "../build/fireside-lambda.zip"

  validation {
    condition     = fileexists(var.package_path)
    error_message = "package_path leads to no file: make it with `fireside package`."
  }
}

variable "page_path" {
  description = "The folder of the built page."
  type        = string
  default     = "../src/fireside/web"

  validation {
    condition     = !var.site || fileexists("${var.page_path}/index.html")
    error_message = "page_path has no index.html: build the page with `make page`."
  }
}

variable "memory_megabytes" {
  description = "Memory of the function that answers; its processor comes in proportion."
  type        = number
  default     = 512

  validation {
    condition     = var.memory_megabytes >= 128 && var.memory_megabytes <= 10240
    error_message = "Take 128 to 10240 for memory_megabytes: Lambda has no others."
  }
}

variable "aws_client" {
  description = "How the functions talk to AWS: builtin is fast, boto3 is AWS's own, if they should ever disagree."
  type        = string
  default     = "builtin"

  validation {
    condition     = contains(["builtin", "own", "boto3"], var.aws_client) # own: the old name of builtin
    error_message = "Choose builtin or boto3 for aws_client."
  }
}

variable "post_seconds" {
  description = "How long a post to one connection may take while the sender waits. What is not answered by then is not repeated. It is wide until a deployment has measured a post; its 99th percentile is enough."
  type        = number
  default     = 1.0

  validation {
    condition     = var.post_seconds >= 0.1 && var.post_seconds <= 5
    error_message = "Take 0.1 to 5 for post_seconds."
  }
}

variable "broadcast_seconds" {
  description = "How long all posts of a message may take while the sender waits; fanout posts to the connections that are left."
  type        = number
  default     = 1.5

  validation {
    condition     = var.broadcast_seconds >= var.post_seconds && var.broadcast_seconds <= 10
    error_message = "Take post_seconds to 10 for broadcast_seconds."
  }
}

variable "function_versions" {
  description = "Functions to hold at an earlier published version, as { chat = \"7\" }; all others run the newest."
  type        = map(string)
  default     = {}

  validation {
    condition = alltrue([
      for name, version in var.function_versions :
      contains(["chat", "authorizer", "fanout", "brake"], name) && can(regex("^[1-9][0-9]*$", version))
    ])
    error_message = "Name chat, authorizer, fanout or brake in function_versions, each with a number, as { chat = \"7\" }."
  }
}

variable "reserved_concurrency" {
  description = "How many calls the chat may handle at once, kept free for it; null for what the account has. New accounts have 10 and can reserve none."
  type        = number
  default     = null

  validation {
    condition     = var.reserved_concurrency == null ? true : var.reserved_concurrency >= 1 && floor(var.reserved_concurrency) == var.reserved_concurrency
    error_message = "Take a whole number from 1 on for reserved_concurrency, or null: 0 would stop the chat."
  }
}

# --- Who may come in ---------------------------------------------------------------------------

variable "invite_hashes" {
  description = "SHA-256 of each invite that is accepted, in hexadecimal; `fireside deploy` makes them, and so does `fireside invite --hash`. With an empty list no client can connect."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for hash in var.invite_hashes : can(regex("^[0-9a-f]{64}$", hash))])
    error_message = "Each of invite_hashes has 64 small hexadecimal digits: give the hash, never the invite itself."
  }

  validation {
    condition     = length(var.invite_hashes) <= 20
    error_message = "Take up to 20 invite_hashes: Lambda's environment has no room for many more."
  }
}

variable "open" {
  description = "Lets anybody in who has the address, without an invite."
  type        = bool
  default     = false
}

variable "names" {
  description = "Who takes part: with open also who only gives a name; with claimed only who has claimed a name."
  type        = string
  default     = "open"

  validation {
    condition     = contains(["open", "claimed"], var.names)
    error_message = "Choose open or claimed for names."
  }
}

variable "owner_sha256" {
  description = "SHA-256 of the owner link's secret, in hexadecimal; `fireside deploy` makes it. With null no link makes an owner."
  type        = string
  default     = null

  validation {
    condition     = var.owner_sha256 == null || can(regex("^[0-9a-f]{64}$", var.owner_sha256))
    error_message = "owner_sha256 has 64 small hexadecimal digits: give the hash, never the secret itself."
  }
}

variable "allowed_origins" {
  description = "Pages elsewhere that may use this chat, as https://example.org."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for origin in var.allowed_origins : can(regex("^https?://[a-z0-9.-]+(:[0-9]+)?$", origin))])
    error_message = "Write each of allowed_origins as https://example.org, in small letters and without a path."
  }
}

variable "origin_header_as_identity_source" {
  description = "Whether API Gateway itself answers 401 to a handshake that did not come through CloudFront, which saves a call of the authorizer. Only once a deployment has passed `fireside verify`: it is not known yet whether the two write the header alike, and if not, every handshake is refused."
  type        = bool
  default     = false
}

# --- What is kept ------------------------------------------------------------------------------

variable "billing_mode" {
  description = "on-demand pays for each request; provisioned stays within the 25 units that DynamoDB gives away, and answers busy beyond them."
  type        = string
  default     = "on-demand"

  validation {
    condition     = contains(["on-demand", "provisioned"], var.billing_mode)
    error_message = "Choose on-demand or provisioned for billing_mode."
  }
}

variable "protect_messages" {
  description = "Whether the tables of messages and of people refuse to be deleted. Apply false before you destroy."
  type        = bool
  default     = true
}

variable "log_retention_days" {
  description = "How long to keep logs. Longer costs more."
  type        = number
  default     = 14

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 180, 365], var.log_retention_days)
    error_message = "Choose 1, 3, 5, 7, 14, 30, 60, 90, 180 or 365 for log_retention_days: CloudWatch takes no others here."
  }
}

variable "access_log" {
  description = "Whether API Gateway logs a line for each event, without names and addresses. It needs a log role in the account's settings: see account_log_role."
  type        = bool
  default     = false
}

variable "account_log_role" {
  description = "Gives API Gateway a log role for the whole account and Region, and takes it away on destroy. Only where there is none: it would replace another's."
  type        = bool
  default     = false
}

# --- What it may cost --------------------------------------------------------------------------

variable "throttle_rate" {
  description = "Requests a second from all clients together; more are refused."
  type        = number
  default     = 50

  validation {
    condition     = var.throttle_rate >= 1 && var.throttle_rate <= 10000
    error_message = "Take 1 to 10000 for throttle_rate: 0 would refuse everybody, and an account has 10000."
  }
}

variable "throttle_burst" {
  description = "Requests at once from all clients together, as when all come back after a break."
  type        = number
  default     = 500

  validation {
    condition     = var.throttle_burst >= 1 && var.throttle_burst <= 5000
    error_message = "Take 1 to 5000 for throttle_burst: 0 would refuse everybody, and an account has 5000."
  }
}

variable "brake_messages_per_hour" {
  description = "After so many messages in an hour, both ways, the socket takes no more until the next apply. It bounds the worst day."
  type        = number
  default     = 50000

  validation {
    condition     = var.brake_messages_per_hour >= 1000 && var.brake_messages_per_hour <= 36000000
    error_message = "Take 1000 to 36000000 for brake_messages_per_hour: an account can't have more in an hour."
  }
}

variable "monthly_budget_dollars" {
  description = "From when on AWS writes to alarm_email about the account's bill."
  type        = number
  default     = 5

  validation {
    condition     = var.monthly_budget_dollars >= 1
    error_message = "Take 1 or more for monthly_budget_dollars."
  }
}

variable "alarms" {
  description = "Whether to create the alarms for failed, refused and slow calls. An account has ten free alarms, which one chat uses up; false for a second one saves $0.90 a month. The brake's alarm stays."
  type        = bool
  default     = true
}

variable "alarm_email" {
  description = "The address that gets mails about alarms and the bill, and must confirm it once; null for no mails."
  type        = string
  default     = null

  validation {
    condition     = var.alarm_email == null || can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", var.alarm_email))
    error_message = "Write alarm_email as an address, as ann@example.org."
  }
}

# --- The page ----------------------------------------------------------------------------------

variable "site" {
  description = "Whether the page comes from S3 and CloudFront, with the socket on the same origin. Without it you serve the page yourself, with the config.json that page_config shows."
  type        = bool
  default     = true
}

variable "custom_domain" {
  description = "A domain of yours for the page and the socket, as chat.example.org; null for CloudFront's."
  type        = string
  default     = null

  validation {
    condition     = var.custom_domain == null || can(regex("^([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,}$", var.custom_domain))
    error_message = "Write custom_domain as chat.example.org, without https:// and in small letters."
  }
}

variable "certificate_arn" {
  description = "The certificate of custom_domain in us-east-1, where CloudFront looks for it."
  type        = string
  default     = null

  validation {
    condition     = var.certificate_arn == null || can(regex("^arn:aws:acm:us-east-1:[0-9]{12}:certificate/.+$", var.certificate_arn))
    error_message = "certificate_arn is one of ACM in us-east-1: CloudFront takes no others."
  }

  validation {
    condition     = (var.certificate_arn == null) == (var.custom_domain == null)
    error_message = "Give custom_domain and certificate_arn together, or neither."
  }
}
