variable "region" {
  description = "AWS's Region."
  type        = string
  default     = "us-east-1"
}

variable "package_path" {
  description = "The functions' code."
  type        = string
  default     = "../../../build/fireside-lambda.zip"
}

variable "page_path" {
  description = "The folder of the built page."
  type        = string
  default     = "../../../src/fireside/web"
}

variable "billing_mode" {
  description = "How DynamoDB is paid: on-demand or provisioned."
  type        = string
  default     = "on-demand"
}

variable "invite_hashes" {
  description = "SHA-256 of each invite that is accepted, in hexadecimal."
  type        = list(string)
  default     = []
}
