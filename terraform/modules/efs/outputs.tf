output "id" {
  description = "Id of the file system."
  value       = aws_efs_file_system.this.id
}

output "arn" {
  description = "ARN of the file system."
  value       = aws_efs_file_system.this.arn
}

output "security_group_id" {
  description = "Security group of the mount targets."
  value       = aws_security_group.this.id
}

output "access_points" {
  description = "Access points by name: id and arn."
  value       = { for name, point in aws_efs_access_point.this : name => { id = point.id, arn = point.arn } }
}
