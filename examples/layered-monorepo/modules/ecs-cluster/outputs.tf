output "id" {
  description = "Id of the cluster, which is its ARN."
  value       = aws_ecs_cluster.this.id
}

output "arn" {
  description = "ARN of the cluster."
  value       = aws_ecs_cluster.this.arn
}

# From the capacity providers, so that nobody creates a service on a cluster that lacks them yet.
output "name" {
  description = "Name of the cluster, known once its capacity providers are attached."
  value       = aws_ecs_cluster_capacity_providers.this.cluster_name
}
