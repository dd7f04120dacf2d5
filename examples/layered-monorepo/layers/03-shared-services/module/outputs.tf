output "image_registry" {
  description = "Account and region of the registry that holds the images. Null means the own ones."
  value       = var.image_registry
}

output "repository_names" {
  description = "Names of the image repositories, by service."
  value = {
    for service in var.services : service => try(module.repository[service].name, "${var.project}/${service}")
  }
}

output "sessions_table" {
  description = "Table of the sessions: its name and its ARN."
  value       = { name = aws_dynamodb_table.sessions.name, arn = aws_dynamodb_table.sessions.arn }
}
