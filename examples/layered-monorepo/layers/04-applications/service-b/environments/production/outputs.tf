output "service_name" {
  description = "Name of the ECS service."
  value       = module.service.service_name
}

output "service_url" {
  description = "URL of the service inside the VPC."
  value       = module.service.service_url
}

output "service_discovery_arn" {
  description = "ARN of the service's entry in Cloud Map, for other services to discover this one."
  value       = module.service.service_discovery_arn
}

output "contract_parameter_name" {
  description = "SSM parameter that tells ecs-deploy how to roll the service out."
  value       = module.service.contract_parameter_name
}

output "log_group_name" {
  description = "Log group of the tasks."
  value       = module.service.log_group_name
}
