output "bucket" {
  description = "Where states are kept: bucket in backend.hcl."
  value       = aws_s3_bucket.this.bucket
}

output "backend" {
  description = "What belongs into infra/backend.hcl."
  value       = <<-EOT
    bucket       = "${aws_s3_bucket.this.bucket}"
    key          = "prod.tfstate"
    region       = "${var.region}"
    encrypt      = true
    use_lockfile = true
  EOT
}
