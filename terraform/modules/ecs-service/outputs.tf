output "service_name" {
  description = "Name of the ECS service."
  value       = aws_ecs_service.this.name
}

output "service_id" {
  description = "Id of the ECS service, which is its ARN."
  value       = aws_ecs_service.this.id
}

output "service_url" {
  description = "URL of the service inside the VPC. Null without service discovery or without a port."
  value       = local.dns_enabled && var.container.port != null ? "http://${aws_service_discovery_service.this[0].name}.${var.service_discovery.namespace_name}:${var.container.port}" : null
}

output "service_discovery_arn" {
  description = "ARN of the service's entry in Cloud Map, for other services to discover this one. Null without service discovery."
  value       = one(aws_service_discovery_service.this[*].arn)
}

output "desired_count" {
  description = "Number of tasks that Terraform asks for: 0 until the first release."
  value       = aws_ecs_service.this.desired_count
}

output "template_family" {
  description = "Family of the task definition that ecs-deploy takes its revisions from."
  value       = aws_ecs_task_definition.template.family
}

output "template_arn" {
  description = "ARN of the template's current revision."
  value       = aws_ecs_task_definition.template.arn
}

output "contract_parameter_name" {
  description = "SSM parameter that tells ecs-deploy how to roll the service out."
  value       = module.contract.parameter_name
}

output "log_group_name" {
  description = "Log group of the tasks."
  value       = aws_cloudwatch_log_group.this.name
}

output "execution_role_arn" {
  description = "ARN of the role that starts tasks."
  value       = aws_iam_role.execution.arn
}

output "task_role_arn" {
  description = "ARN of the role that the application runs with."
  value       = aws_iam_role.task.arn
}

output "task_role_name" {
  description = "Name of the role that the application runs with, to attach further policies to."
  value       = aws_iam_role.task.name
}
