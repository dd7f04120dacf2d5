output "ecs_cluster_id" {
  description = "Id of the ECS cluster, which is its ARN."
  value       = module.ecs_cluster.id
}

output "ecs_cluster_name" {
  description = "Name of the ECS cluster."
  value       = module.ecs_cluster.name
}

output "service_discovery_namespace" {
  description = "Private DNS namespace of the services: its id and its name."
  value = {
    id   = aws_service_discovery_private_dns_namespace.this.id
    name = aws_service_discovery_private_dns_namespace.this.name
  }
}

output "monitoring_url" {
  description = "URL of the dashboard."
  value       = "https://${data.aws_region.current.name}.console.aws.amazon.com/cloudwatch/home?region=${data.aws_region.current.name}#dashboards/dashboard/${aws_cloudwatch_dashboard.this.dashboard_name}"
}
