variable "name" {
  description = "What the distribution and its policies are called."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,100}$", var.name))
    error_message = "A policy's name has letters, digits, - and _."
  }
}

variable "bucket" {
  description = "The bucket's name, which must be unique among all buckets on AWS."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.bucket))
    error_message = "A bucket's name has 3 to 63 small letters, digits and -."
  }
}

variable "page_path" {
  description = "The folder of the built page."
  type        = string

  validation {
    condition     = fileexists("${var.page_path}/index.html")
    error_message = "The page is not there: build it with `make page`."
  }
}

variable "page_config" {
  description = "What the page finds in config.json: whether one needs an invite."
  type        = map(string)
}

variable "socket_host" {
  description = "The host of the API."
  type        = string
}

variable "socket_stage" {
  description = "The stage of the API, which is the socket's whole path."
  type        = string
}

variable "origin_header" {
  description = "The header by which the API knows that a handshake came through here."
  type        = string
}

variable "origin_secret" {
  description = "What is in that header."
  type        = string
  sensitive   = true
}

variable "custom_domain" {
  description = "A domain of yours that leads here; null for CloudFront's."
  type        = string
  default     = null
}

variable "certificate_arn" {
  description = "The certificate of that domain, which CloudFront wants in us-east-1."
  type        = string
  default     = null

  validation {
    condition     = (var.certificate_arn == null) == (var.custom_domain == null)
    error_message = "A custom domain needs its certificate, and a certificate its domain."
  }
}
