variable "name" {
  description = "Name of the load balancer and prefix of what belongs to it, for example shop-dev."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9]([A-Za-z0-9-]{0,30}[A-Za-z0-9])?$", var.name)) && !startswith(lower(var.name), "internal-")
    error_message = "name must be 1 to 32 letters, digits and hyphens, begin and end with a letter or digit, and not begin with internal-."
  }
}

variable "network" {
  description = "Where it stands: the VPC, and subnets of two zones at least: public ones, or private ones with internal = true."
  type = object({
    vpc_id     = string
    subnet_ids = list(string)
  })

  validation {
    condition     = length(var.network.subnet_ids) >= 2
    error_message = "network.subnet_ids must name subnets of at least two availability zones."
  }
}

variable "certificate" {
  description = "ACM certificate of the HTTPS listener, and further ones that are chosen by the name which a client asks for, by a name each that does not change. Null serves plain HTTP: for trying things out, not for users."
  type = object({
    arn        = string
    additional = optional(map(string), {})
  })
  default = null
}

variable "internal" {
  description = "Whether it is reached from inside the VPC only."
  type        = bool
  default     = false
}

variable "client_cidr_blocks" {
  description = "Address ranges that may connect."
  type        = set(string)
  default     = ["0.0.0.0/0"]

  validation {
    condition     = length(var.client_cidr_blocks) > 0 && alltrue([for block in var.client_cidr_blocks : can(cidrhost(block, 0))])
    error_message = "client_cidr_blocks must be ranges such as 203.0.113.0/24, at least one."
  }
}

variable "test_listener" {
  description = "Listener through which new tasks are tried before they get traffic (blue/green): its port, and who may connect. Null makes none."
  type = object({
    port        = optional(number, 8443)
    cidr_blocks = set(string)
  })
  default = null

  validation {
    condition     = var.test_listener == null || try(var.test_listener.port > 0 && var.test_listener.port < 65536 && !contains([80, 443], var.test_listener.port), false)
    error_message = "test_listener.port must lie between 1 and 65535, and be neither 80 nor 443."
  }

  validation {
    condition     = var.test_listener == null || try(length(var.test_listener.cidr_blocks) > 0 && alltrue([for block in var.test_listener.cidr_blocks : can(cidrhost(block, 0))]), false)
    error_message = "test_listener.cidr_blocks must be ranges such as 10.0.0.0/16, at least one."
  }
}

variable "access_logs" {
  description = "Bucket that gets a line for each request, and a prefix in it. Its policy must let the load balancers of the region write there. Null keeps none."
  type = object({
    bucket = string
    prefix = optional(string)
  })
  default = null
}

variable "production" {
  description = "What deletion_protection follows where it is null."
  type        = bool
  default     = false
}

variable "deletion_protection" {
  description = "Whether AWS refuses to delete it. Null follows production."
  type        = bool
  default     = null
}

variable "idle_timeout_seconds" {
  description = "After how many seconds without data a connection is closed."
  type        = number
  default     = 60

  validation {
    condition     = var.idle_timeout_seconds >= 1 && var.idle_timeout_seconds <= 4000
    error_message = "idle_timeout_seconds must lie between 1 and 4000."
  }
}

variable "tags" {
  description = "Tags for every resource, in addition to the provider's default tags."
  type        = map(string)
  default     = {}
}
