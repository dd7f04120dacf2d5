output "id" {
  description = "Id of the cluster, which is its ARN."
  value       = aws_ecs_cluster.this.id
}

output "arn" {
  description = "ARN of the cluster."
  value       = aws_ecs_cluster.this.arn
}

# From the capacity providers where there are any, so that nobody creates a service on a cluster that
# lacks them yet.
output "name" {
  description = "Name of the cluster. What uses it waits until the capacity providers are attached."
  value       = coalesce(one(aws_ecs_cluster_capacity_providers.this[*].cluster_name), aws_ecs_cluster.this.name)
}
