variable "name" {
  description = "Name of the VPC and prefix of everything in it, for example shop-dev."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,38}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 40 characters: lower-case letters, digits and hyphens, starting with a letter."
  }
}

variable "cidr_block" {
  description = "IPv4 range of the VPC. Subnets are sixteenths of it, so a /16 gives /20 subnets."
  type        = string
  default     = "10.0.0.0/16"

  validation {
    condition = can(cidrhost(var.cidr_block, 0)) && (
      tonumber(try(split("/", var.cidr_block)[1], 0)) >= 16 &&
      tonumber(try(split("/", var.cidr_block)[1], 0)) <= 24
    )
    error_message = "cidr_block must be an IPv4 range from /16 to /24: AWS allows no larger VPC, and no subnet smaller than /28."
  }
}

variable "availability_zone_count" {
  description = "In how many availability zones subnets are made, first in alphabetical order. Raising it later adds subnets and moves none."
  type        = number
  default     = 3

  validation {
    condition     = contains([2, 3, 4, 5, 6], var.availability_zone_count)
    error_message = "availability_zone_count must be one of 2, 3, 4, 5, 6."
  }
}

variable "nat" {
  description = "How private subnets reach the internet: none (they do not), one (a shared NAT gateway, lost with its zone), per-az (a NAT gateway in each zone)."
  type        = string
  default     = "none"

  validation {
    condition     = contains(["none", "one", "per-az"], var.nat)
    error_message = "nat must be one of none, one, per-az."
  }
}

variable "tags" {
  description = "Tags for every resource, in addition to the provider's default tags."
  type        = map(string)
  default     = {}
}
