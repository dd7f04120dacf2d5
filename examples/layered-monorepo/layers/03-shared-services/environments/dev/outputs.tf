output "image_registry" {
  description = "Account and region of the registry that holds the images. Null means the own ones."
  value       = module.shared_services.image_registry
}

output "repository_names" {
  description = "Names of the image repositories, by service."
  value       = module.shared_services.repository_names
}

output "sessions_table" {
  description = "Table of the sessions: its name and its ARN."
  value       = module.shared_services.sessions_table
}
