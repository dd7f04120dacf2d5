output "state_bucket" {
  description = "Name of the bucket that holds the states."
  value       = aws_s3_bucket.state.id
}

output "oidc_provider_arn" {
  description = "ARN of the OIDC provider that the roles trust."
  value       = local.oidc_provider_arn
}

output "role_arns" {
  description = "ARNs of the roles, by environment and purpose: what infra.yml and the workflows name."
  value = {
    for environment in var.environments : environment => {
      for key, role in local.roles : role.purpose => aws_iam_role.github[key].arn if role.environment == environment
    }
  }
}

output "review_key_arns" {
  description = "ARNs of the keys for review records by environment: review-key in infra.yml."
  value       = local.review_key_arns
}
