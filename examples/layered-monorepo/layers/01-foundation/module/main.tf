locals {
  name = "${var.project}-${var.environment}"

  # Without NAT a task in a private subnet can pull no image and send no log. Such an environment
  # runs its tasks in public subnets, with public addresses that the security group keeps closed.
  tasks_are_public = var.nat == "none"
}

module "vpc" {
  source = "../../../modules/vpc"

  name                    = local.name
  cidr_block              = var.vpc_cidr_block
  availability_zone_count = var.availability_zone_count
  nat                     = var.nat
}

module "security_groups" {
  source = "../../../modules/security-groups"

  name = local.name
  vpc  = { id = module.vpc.vpc_id, cidr_block = module.vpc.cidr_block }
}
