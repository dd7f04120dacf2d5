variable "name" {
  description = "Name of the cluster, for example shop-dev."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z][A-Za-z0-9_-]{0,254}$", var.name))
    error_message = "name must be 1 to 255 letters, digits, hyphens and underscores, starting with a letter."
  }
}

variable "container_insights" {
  description = "CloudWatch Container Insights: disabled, enabled (cluster and service metrics) or enhanced (task and container metrics too). Both cost money per metric."
  type        = string
  default     = "enabled"

  validation {
    condition     = contains(["disabled", "enabled", "enhanced"], var.container_insights)
    error_message = "container_insights must be one of disabled, enabled, enhanced."
  }
}

variable "default_capacity" {
  description = "Where tasks run that name no capacity provider of their own. weight is the share, base the number of tasks placed first."
  type = list(object({
    provider = string
    weight   = optional(number, 1)
    base     = optional(number, 0)
  }))
  default = [{ provider = "FARGATE" }]

  validation {
    condition     = alltrue([for capacity in var.default_capacity : contains(["FARGATE", "FARGATE_SPOT"], capacity.provider)])
    error_message = "default_capacity: provider must be one of FARGATE, FARGATE_SPOT."
  }

  validation {
    condition     = length([for capacity in var.default_capacity : capacity if capacity.base > 0]) <= 1
    error_message = "default_capacity: only one entry may have a base."
  }
}

variable "tags" {
  description = "Tags for every resource, in addition to the provider's default tags."
  type        = map(string)
  default     = {}
}
