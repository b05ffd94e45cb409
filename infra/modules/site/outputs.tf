output "host" {
  description = "Where people come in."
  value       = coalesce(var.custom_domain, aws_cloudfront_distribution.this.domain_name)
}

output "distribution_host" {
  description = "The host that CloudFront gave it: what a domain of yours must lead to."
  value       = aws_cloudfront_distribution.this.domain_name
}

output "distribution_id" {
  description = "The distribution."
  value       = aws_cloudfront_distribution.this.id
}

output "distribution_zone_id" {
  description = "CloudFront's zone, for an alias record in Route 53."
  value       = aws_cloudfront_distribution.this.hosted_zone_id
}

output "bucket" {
  description = "Where the page is."
  value       = aws_s3_bucket.this.bucket
}
