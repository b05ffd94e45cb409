output "name" {
  description = "What the function is called."
  value       = aws_lambda_function.this.function_name
}

output "alias" {
  description = "The name of the alias that everybody calls."
  value       = aws_lambda_alias.this.name
}

output "alias_arn" {
  description = "The alias, for callers of Lambda."
  value       = aws_lambda_alias.this.arn
}

output "invoke_arn" {
  description = "The alias, for API Gateway."
  value       = aws_lambda_alias.this.invoke_arn
}

output "live_version" {
  description = "The version that is called."
  value       = aws_lambda_alias.this.function_version
}

output "log_group" {
  description = "Where it logs."
  value       = aws_cloudwatch_log_group.this.name
}
