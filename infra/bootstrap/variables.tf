variable "project_name" {
  description = "What the bucket's name begins with."
  type        = string
  default     = "fireside"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,18}[a-z0-9]$", var.project_name))
    error_message = "Take 3 to 20 small letters, digits and - for project_name, as fireside: a bucket is named after it."
  }
}

variable "region" {
  description = "Where the bucket is."
  type        = string
  default     = "us-east-1"

  validation {
    condition     = can(regex("^(us|eu|ap|sa|ca|me|af|il|mx)-[a-z]+-[0-9]+$", var.region))
    error_message = "Write region as AWS does, as eu-central-1; not one in China, GovCloud or Europe's sovereign cloud, where endpoints and ARNs are others."
  }
}
