output "zone_id" {
  description = "Id of the Route 53 zone."
  value       = local.zone_id
}

output "name_servers" {
  description = "Name servers of a zone that is made here, for whoever holds the parent domain; else empty."
  value       = var.zone.create ? aws_route53_zone.this[0].name_servers : []
}

output "domain_name" {
  description = "Domain of the environment."
  value       = var.domain_name
}

output "api_name" {
  description = "Name of the API."
  value       = local.api_name
}

output "certificate_arn" {
  description = "ARN of the valid certificate for the domain and one level below it."
  value       = aws_acm_certificate_validation.this["wildcard"].certificate_arn
}

output "api_certificate_arn" {
  description = "ARN of the valid certificate for the API's name."
  value       = aws_acm_certificate_validation.this["api"].certificate_arn
}
