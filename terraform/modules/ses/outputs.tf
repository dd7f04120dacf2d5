output "identity_arn" {
  description = "ARN of the domain's identity."
  value       = aws_ses_domain_identity.this.arn
}

output "records" {
  description = "DNS records that the domain needs, by what they are for: name, type, value. Made here where zone is given."
  value       = local.records
}

output "send_statements" {
  description = "Statements of an IAM policy that lets a task send mails from the domain: for task_policy_statements of ecs-service."
  value = [{
    actions = ["ses:SendEmail", "ses:SendRawEmail"]
    resources = concat(
      [aws_ses_domain_identity.this.arn],
      # In the sandbox the receiver's identity is asked for too.
      [for address in sort(var.test_emails) : aws_ses_email_identity.test[address].arn],
    )
  }]
}
