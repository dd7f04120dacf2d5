output "arn" {
  description = "ARN of the load balancer."
  value       = aws_lb.this.arn
}

output "arn_suffix" {
  description = "Last part of the ARN, by which CloudWatch and autoscaling name it."
  value       = aws_lb.this.arn_suffix
}

output "dns_name" {
  description = "Host name of the load balancer."
  value       = aws_lb.this.dns_name
}

output "zone_id" {
  description = "Hosted zone of the host name, for alias records."
  value       = aws_lb.this.zone_id
}

output "security_group_id" {
  description = "Security group of the load balancer: the source of its targets' traffic."
  value       = aws_security_group.this.id
}

output "listener_arn" {
  description = "Listener that serves users, to which services add their rules."
  value       = local.https ? aws_lb_listener.https[0].arn : aws_lb_listener.http.arn
}

output "test_listener_arn" {
  description = "Listener through which new tasks are tried, or null."
  value       = one(aws_lb_listener.test[*].arn)
}

output "url" {
  description = "Address of the load balancer."
  value       = "${local.https ? "https" : "http"}://${aws_lb.this.dns_name}"
}
