output "ecs_cluster_id" {
  description = "Id of the ECS cluster, which is its ARN."
  value       = module.platform.ecs_cluster_id
}

output "ecs_cluster_name" {
  description = "Name of the ECS cluster."
  value       = module.platform.ecs_cluster_name
}

output "service_discovery_namespace" {
  description = "Private DNS namespace of the services: its id and its name."
  value       = module.platform.service_discovery_namespace
}

output "monitoring_url" {
  description = "URL of the dashboard."
  value       = module.platform.monitoring_url
}
