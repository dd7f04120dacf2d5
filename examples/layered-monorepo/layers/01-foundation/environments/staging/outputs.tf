output "vpc_id" {
  description = "Id of the VPC."
  value       = module.foundation.vpc_id
}

output "vpc_cidr_block" {
  description = "IPv4 range of the VPC."
  value       = module.foundation.vpc_cidr_block
}

output "subnet_ids" {
  description = "Ids of all subnets, by tier."
  value       = module.foundation.subnet_ids
}

output "private_subnet_ids" {
  description = "Ids of the private subnets, one a zone."
  value       = module.foundation.private_subnet_ids
}

output "route_table_ids" {
  description = "Ids of all route tables: where gateway endpoints attach."
  value       = module.foundation.route_table_ids
}

output "security_groups" {
  description = "Ids of the security groups, by purpose."
  value       = module.foundation.security_groups
}

output "security_group_app" {
  description = "Id of the security group of application tasks."
  value       = module.foundation.security_group_app
}

output "app_network" {
  description = "Where application tasks run: subnets, and whether a task needs a public address to reach anything outside the VPC."
  value       = module.foundation.app_network
}
