output "value" {
  description = "The password, for a write-only argument. It cannot be stored."
  value       = ephemeral.aws_ssm_parameter.source.value
  ephemeral   = true
  sensitive   = true
}

output "parameter_arns" {
  description = "ARNs of the parameters by name: for container secrets."
  value = merge(
    { (local.source) = aws_ssm_parameter.source.arn },
    { for name, parameter in aws_ssm_parameter.copy : name => parameter.arn },
  )
}
