# A chat under a domain of yours, in a zone of Route 53, with everything observed.
#
# Terraform warns that the module's backend is ignored: where this state is, is yours to say here.

module "fireside" {
  source = "../.."

  region           = var.region
  package_path     = var.package_path
  page_path        = var.page_path
  billing_mode     = var.billing_mode
  invite_hashes    = var.invite_hashes
  custom_domain    = var.domain
  certificate_arn  = aws_acm_certificate_validation.this.certificate_arn
  alarm_email      = var.alarm_email
  access_log       = true
  account_log_role = true # only where no other API has set one
}

data "aws_route53_zone" "this" {
  name = var.zone
}

resource "aws_acm_certificate" "this" {
  region            = "us-east-1" # where CloudFront looks for it
  domain_name       = var.domain
  validation_method = "DNS"

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_route53_record" "validation" {
  zone_id = data.aws_route53_zone.this.zone_id
  name    = local.proof.resource_record_name
  type    = local.proof.resource_record_type
  records = [local.proof.resource_record_value]
  ttl     = 300
}

resource "aws_acm_certificate_validation" "this" {
  region                  = "us-east-1"
  certificate_arn         = aws_acm_certificate.this.arn
  validation_record_fqdns = [aws_route53_record.validation.fqdn]
}

locals {
  # One name, so one record that proves that it is yours.
  proof = one(aws_acm_certificate.this.domain_validation_options)
}

resource "aws_route53_record" "this" {
  for_each = toset(["A", "AAAA"])

  zone_id = data.aws_route53_zone.this.zone_id
  name    = var.domain
  type    = each.key

  alias {
    name                   = module.fireside.distribution_host
    zone_id                = module.fireside.distribution_zone_id
    evaluate_target_health = false
  }
}
