output "parameter_name" {
  description = "Name of the SSM parameter that holds the contract."
  value       = aws_ssm_parameter.deploy.name
}

output "parameter_arn" {
  description = "ARN of the SSM parameter that holds the contract."
  value       = aws_ssm_parameter.deploy.arn
}

output "release_path" {
  description = "SSM path under which ecs-deploy records what is released."
  value       = "${trimsuffix(aws_ssm_parameter.deploy.name, "/deploy")}/release"
}

output "task_parameter_names" {
  description = "Names of the SSM parameters that hold the contracts of tasks, by task."
  value       = { for name, parameter in aws_ssm_parameter.task : name => parameter.name }
}
