output "name" {
  description = "Name of the bucket."
  value       = aws_s3_bucket.this.id
}

output "arn" {
  description = "ARN of the bucket."
  value       = aws_s3_bucket.this.arn
}

output "regional_domain_name" {
  description = "Host name of the bucket in its region."
  value       = aws_s3_bucket.this.bucket_regional_domain_name
}

output "read_write_statements" {
  description = "Statements of an IAM policy that lets a task list, read, write and delete the objects: for task_policy_statements of ecs-service."
  value = [
    { actions = ["s3:ListBucket"], resources = [aws_s3_bucket.this.arn] },
    { actions = ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"], resources = ["${aws_s3_bucket.this.arn}/*"] },
  ]
}
