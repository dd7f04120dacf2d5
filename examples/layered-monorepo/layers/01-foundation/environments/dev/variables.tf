variable "project" {
  description = "Name of the project."
  type        = string
}

variable "environment" {
  description = "Name of the environment."
  type        = string
}

variable "region" {
  description = "AWS region of the environment."
  type        = string
}

variable "vpc_cidr_block" {
  description = "IPv4 range of the VPC."
  type        = string
}

variable "availability_zone_count" {
  description = "In how many availability zones subnets are made."
  type        = number
}

variable "nat" {
  description = "How private subnets reach the internet: none, one, per-az."
  type        = string
}
