output "messages" {
  description = "The table of messages: its name and its ARN."
  value       = { name = aws_dynamodb_table.messages.name, arn = aws_dynamodb_table.messages.arn }
}

output "connections" {
  description = "The table of connections: its name and its ARN."
  value       = { name = aws_dynamodb_table.connections.name, arn = aws_dynamodb_table.connections.arn }
}
