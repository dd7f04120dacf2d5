variable "domain_name" {
  description = "Domain of the environment, for example example.com in production and dev.example.com in dev."
  type        = string

  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,}$", var.domain_name))
    error_message = "domain_name must be a domain in lower case, such as dev.example.com."
  }
}

variable "zone" {
  description = "Route 53 zone that holds the records: its name (null means domain_name itself, name example.com for dev.example.com in the same zone), and whether it is made here or is there."
  type = object({
    name   = optional(string)
    create = optional(bool, false)
  })
  default = {}

  validation {
    condition     = var.zone.name == null || try(var.domain_name == var.zone.name || endswith(var.domain_name, ".${var.zone.name}"), false)
    error_message = "zone.name must be domain_name or a parent of it."
  }
}

variable "api_prefix" {
  description = "Prefix of the API's name: <api_prefix>.<domain_name>."
  type        = string
  default     = "api"

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", var.api_prefix))
    error_message = "api_prefix must be one part of a name: lower-case letters, digits and hyphens."
  }
}

variable "tags" {
  description = "Tags for every resource, in addition to the provider's default tags."
  type        = map(string)
  default     = {}
}
