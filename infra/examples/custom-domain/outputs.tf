output "address" {
  description = "What people open."
  value       = module.fireside.address
}
