variable "name" {
  description = "Name of the cache and prefix of what belongs to it, for example shop-dev."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,38}[a-z0-9]$", var.name)) && !strcontains(var.name, "--")
    error_message = "name must be 2 to 40 characters: lower-case letters, digits and single hyphens, beginning with a letter."
  }
}

variable "network" {
  description = "Where it stands: the VPC, subnets, and the security groups that may connect, by a name each that does not change."
  type = object({
    vpc_id                    = string
    subnet_ids                = list(string)
    client_security_group_ids = map(string)
  })

  validation {
    condition     = length(var.network.subnet_ids) > 0
    error_message = "network.subnet_ids must name at least one subnet."
  }
}

variable "production" {
  description = "What node_count and snapshot_retention_days follow where they are null: two nodes with failover, and a week of snapshots."
  type        = bool
  default     = false
}

variable "engine_version" {
  description = "Version of Redis."
  type        = string
  default     = "7.1"

  validation {
    condition     = contains(["7.0", "7.1"], var.engine_version)
    error_message = "engine_version must be 7.0 or 7.1: later ones are called Valkey."
  }
}

variable "node_type" {
  description = "Size of a node."
  type        = string
  default     = "cache.t4g.micro"

  validation {
    condition     = can(regex("^cache\\.[a-z0-9]+\\.[a-z0-9]+$", var.node_type))
    error_message = "node_type must be written as cache.t4g.micro."
  }
}

variable "node_count" {
  description = "Number of nodes: from two on, another zone takes over where the first is lost. Null means 2 with production, else 1."
  type        = number
  default     = null

  validation {
    condition     = var.node_count == null || try(var.node_count >= 1 && var.node_count <= 6 && floor(var.node_count) == var.node_count, false)
    error_message = "node_count must be a whole number from 1 to 6, or null."
  }
}

variable "snapshot_retention_days" {
  description = "For how many days daily snapshots are kept; 0 makes none. Null means 7 with production, else 0."
  type        = number
  default     = null

  validation {
    condition     = var.snapshot_retention_days == null || try(var.snapshot_retention_days >= 0 && var.snapshot_retention_days <= 35 && floor(var.snapshot_retention_days) == var.snapshot_retention_days, false)
    error_message = "snapshot_retention_days must be a whole number from 0 to 35, or null."
  }
}

variable "kms_key_arn" {
  description = "KMS key that encrypts the data at rest. Null means ElastiCache's own key. Changing it replaces the cache."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags for every resource, in addition to the provider's default tags."
  type        = map(string)
  default     = {}
}
