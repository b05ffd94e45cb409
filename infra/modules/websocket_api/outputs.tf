output "id" {
  description = "The API's id."
  value       = aws_apigatewayv2_api.this.id
}

output "host" {
  description = "The host that API Gateway gave it."
  value       = trimprefix(aws_apigatewayv2_api.this.api_endpoint, "wss://")
}

output "execution_arn" {
  description = "What a policy's ARNs for it begin with."
  value       = aws_apigatewayv2_api.this.execution_arn
}

output "stage" {
  description = "The stage's name, once it is there."
  value       = aws_apigatewayv2_stage.this.name
}

output "stage_arn" {
  description = "The stage, for policies that allow changes to it."
  value       = aws_apigatewayv2_stage.this.arn
}

output "log_group" {
  description = "Where it logs, or null."
  value       = one(aws_cloudwatch_log_group.access[*].name)
}
