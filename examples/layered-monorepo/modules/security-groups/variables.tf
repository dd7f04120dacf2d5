variable "name" {
  description = "Prefix of the groups' names, for example shop-dev."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,38}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 40 characters: lower-case letters, digits and hyphens, starting with a letter."
  }
}

variable "vpc" {
  description = "VPC that the groups belong to: its id and its IPv4 range."
  type = object({
    id         = string
    cidr_block = string
  })
}

variable "app_ports" {
  description = "TCP ports on which application tasks accept traffic from inside the VPC."
  type        = set(number)
  default     = [8080]

  validation {
    condition     = alltrue([for port in var.app_ports : port >= 1 && port <= 65535 && floor(port) == port])
    error_message = "app_ports must be whole numbers from 1 to 65535."
  }
}

variable "tags" {
  description = "Tags for every resource, in addition to the provider's default tags."
  type        = map(string)
  default     = {}
}
