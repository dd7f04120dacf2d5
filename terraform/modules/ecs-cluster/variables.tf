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

variable "capacity_providers" {
  description = "Capacity providers that the cluster offers: FARGATE, FARGATE_SPOT. Empty attaches none; services then run by launch type FARGATE, and the AWS provider does not wait 10 seconds for their attachment."
  type        = set(string)
  default     = ["FARGATE", "FARGATE_SPOT"]
  nullable    = false

  validation {
    condition     = alltrue([for provider in var.capacity_providers : contains(["FARGATE", "FARGATE_SPOT"], provider)])
    error_message = "capacity_providers must be some of FARGATE, FARGATE_SPOT."
  }
}

variable "default_capacity" {
  description = "Where tasks run that name neither a capacity provider nor a launch type. weight is the share, base the number of tasks placed first. Null means FARGATE, where the cluster offers it; an empty list means no default."
  type = list(object({
    provider = string
    weight   = optional(number, 1)
    base     = optional(number, 0)
  }))
  default = null

  validation {
    condition     = var.default_capacity == null || try(alltrue([for capacity in var.default_capacity : contains(var.capacity_providers, capacity.provider)]), false)
    error_message = "default_capacity: provider must be one of capacity_providers (${length(var.capacity_providers) == 0 ? "none" : join(", ", var.capacity_providers)})."
  }

  validation {
    condition     = try(length([for capacity in var.default_capacity : capacity if capacity.base > 0]) <= 1, true)
    error_message = "default_capacity: only one entry may have a base."
  }
}

variable "tags" {
  description = "Tags for every resource, in addition to the provider's default tags."
  type        = map(string)
  default     = {}
}
