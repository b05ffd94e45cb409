output "messages" {
  description = "The table of messages: its name and its ARN."
  value       = { name = aws_dynamodb_table.messages.name, arn = aws_dynamodb_table.messages.arn }
}

output "people" {
  description = "The table of people: its name and its ARN."
  value       = { name = aws_dynamodb_table.people.name, arn = aws_dynamodb_table.people.arn }
}

output "connections" {
  description = "The table of connections: its name and its ARN."
  value       = { name = aws_dynamodb_table.connections.name, arn = aws_dynamodb_table.connections.arn }
}
