output "vpc_id" {
  description = "Id of the VPC."
  value       = module.vpc.vpc_id
}

output "vpc_cidr_block" {
  description = "IPv4 range of the VPC."
  value       = module.vpc.cidr_block
}

output "subnet_ids" {
  description = "Ids of all subnets, by tier."
  value       = { public = module.vpc.public_subnet_ids, private = module.vpc.private_subnet_ids }
}

output "private_subnet_ids" {
  description = "Ids of the private subnets, one a zone."
  value       = module.vpc.private_subnet_ids
}

output "route_table_ids" {
  description = "Ids of all route tables: where gateway endpoints attach."
  value       = concat([module.vpc.public_route_table_id], module.vpc.private_route_table_ids)
}

output "security_groups" {
  description = "Ids of the security groups, by purpose."
  value       = module.security_groups.ids
}

output "security_group_app" {
  description = "Id of the security group of application tasks."
  value       = module.security_groups.app_id
}

output "app_network" {
  description = "Where application tasks run: subnets, and whether a task needs a public address to reach anything outside the VPC."
  value = {
    subnet_ids       = local.tasks_are_public ? module.vpc.public_subnet_ids : module.vpc.private_subnet_ids
    assign_public_ip = local.tasks_are_public
  }
}
