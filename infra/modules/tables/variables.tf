variable "prefix" {
  description = "What the names of the tables begin with."
  type        = string

  validation {
    condition     = can(regex("^[a-zA-Z0-9_.-]{3,200}$", var.prefix))
    error_message = "A table's name has letters, digits, _, . and -."
  }
}

variable "billing_mode" {
  description = "on-demand pays for each request; provisioned stays within the 25 free units and refuses what is beyond."
  type        = string
  default     = "on-demand"

  validation {
    condition     = contains(["on-demand", "provisioned"], var.billing_mode)
    error_message = "Choose on-demand or provisioned."
  }
}

variable "protect_messages" {
  description = "Whether the tables of messages and of people refuse to be deleted."
  type        = bool
  default     = true
}
