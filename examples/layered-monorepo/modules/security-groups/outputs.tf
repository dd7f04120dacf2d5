output "app_id" {
  description = "Id of the group for application tasks."
  value       = aws_security_group.app.id
}

output "ids" {
  description = "Ids of all groups by purpose."
  value       = { app = aws_security_group.app.id }
}
