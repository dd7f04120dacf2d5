variable "name" {
  description = "Name of the instance and prefix of what belongs to it, for example shop-dev."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,45}[a-z0-9]$", var.name)) && !strcontains(var.name, "--")
    error_message = "name must be 2 to 47 characters: lower-case letters, digits and single hyphens, beginning with a letter."
  }
}

variable "network" {
  description = "Where it stands: the VPC, subnets of two zones at least (public ones for public_cidr_blocks), and the security groups that may connect, by a name each that does not change."
  type = object({
    vpc_id                    = string
    subnet_ids                = list(string)
    client_security_group_ids = optional(map(string), {})
  })

  validation {
    condition     = length(var.network.subnet_ids) >= 2
    error_message = "network.subnet_ids must name subnets of at least two availability zones: RDS asks for them even for one instance."
  }
}

variable "password" {
  description = "Password of the master user, which is sent and never stored: value of generated-password."
  type        = string
  ephemeral   = true
  sensitive   = true
}

variable "production" {
  description = "What the switches below follow where they are null: Multi-AZ, deletion protection, a final snapshot, Performance Insights."
  type        = bool
  default     = false
}

variable "database_name" {
  description = "Name of the database that is made with the instance."
  type        = string
  default     = "app"

  validation {
    condition     = can(regex("^[A-Za-z][A-Za-z0-9_]{0,62}$", var.database_name)) && !contains(["db", "postgres", "template0", "template1", "rdsadmin"], lower(var.database_name))
    error_message = "database_name must be 1 to 63 letters, digits and underscores, beginning with a letter, and no name that RDS keeps for itself (db, postgres, rdsadmin, template0, template1)."
  }
}

variable "username" {
  description = "Name of the master user."
  type        = string
  default     = "postgres"

  validation {
    condition     = can(regex("^[A-Za-z][A-Za-z0-9_]{0,15}$", var.username)) && !contains(["admin", "rdsadmin"], lower(var.username))
    error_message = "username must be 1 to 16 letters, digits and underscores, beginning with a letter, and neither admin nor rdsadmin."
  }
}

variable "engine_version" {
  description = "Version of PostgreSQL: a major version such as 16 gets its minor updates by itself."
  type        = string
  default     = "16"

  validation {
    condition     = can(regex("^[0-9]+(\\.[0-9]+)?$", var.engine_version))
    error_message = "engine_version must be written as 16 or 16.4."
  }
}

variable "instance_class" {
  description = "Size of the instance."
  type        = string
  default     = "db.t4g.micro"

  validation {
    condition     = can(regex("^db\\.[a-z0-9]+\\.[a-z0-9]+$", var.instance_class))
    error_message = "instance_class must be written as db.t4g.micro."
  }
}

variable "storage" {
  description = "Storage in GiB: what it begins with, and how far it grows by itself."
  type = object({
    allocated_gib = optional(number, 20)
    maximum_gib   = optional(number, 100)
  })
  default = {}

  validation {
    condition     = var.storage.allocated_gib >= 20 && var.storage.maximum_gib >= var.storage.allocated_gib && var.storage.maximum_gib <= 65536
    error_message = "storage must begin with 20 GiB at least, and grow to its own size at least and 65536 at most."
  }
}

variable "multi_az" {
  description = "Whether a standby waits in another zone. Null follows production."
  type        = bool
  default     = null
}

variable "backup_retention_days" {
  description = "For how many days backups are kept, which is also how far back a point in time can lie."
  type        = number
  default     = 7

  validation {
    condition     = var.backup_retention_days >= 1 && var.backup_retention_days <= 35 && floor(var.backup_retention_days) == var.backup_retention_days
    error_message = "backup_retention_days must be a whole number from 1 to 35: without backups there is no way back."
  }
}

variable "deletion_protection" {
  description = "Whether AWS refuses to delete the instance. Null follows production."
  type        = bool
  default     = null
}

variable "final_snapshot" {
  description = "Whether destroying the instance leaves the snapshot <name>-final. Null follows production."
  type        = bool
  default     = null
}

variable "performance_insights" {
  description = "Whether Performance Insights keeps seven days of query load. Null follows production."
  type        = bool
  default     = null
}

variable "public_cidr_blocks" {
  description = "Address ranges on the internet that may connect, for example an office. Empty keeps the instance private. Changing between the two moves the instance, which AWS does by replacing it."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for block in var.public_cidr_blocks : can(cidrhost(block, 0)) && block != "0.0.0.0/0"])
    error_message = "public_cidr_blocks must be ranges such as 203.0.113.0/24, and never 0.0.0.0/0."
  }

  validation {
    condition     = !(var.production && length(var.public_cidr_blocks) > 0)
    error_message = "a database with production = true cannot be public: connect through the VPC."
  }
}

variable "password_version" {
  description = "Version of the password: where it changes, the password is set anew. Give generated-password the same."
  type        = number
  default     = 1

  validation {
    condition     = var.password_version >= 1 && floor(var.password_version) == var.password_version
    error_message = "password_version must be a whole number of at least 1."
  }
}

variable "restore" {
  description = "Begin with the data of another instance: a snapshot, or a point in time of an instance (null means its latest). Read once, when the instance is made."
  type = object({
    snapshot_identifier        = optional(string)
    source_instance_identifier = optional(string)
    restore_time               = optional(string)
  })
  default = null

  validation {
    condition     = var.restore == null || try((var.restore.snapshot_identifier == null) != (var.restore.source_instance_identifier == null), false)
    error_message = "restore must name either snapshot_identifier or source_instance_identifier."
  }

  validation {
    condition     = try(var.restore.restore_time, null) == null || can(formatdate("YYYY", var.restore.restore_time))
    error_message = "restore.restore_time must be written as 2026-11-26T08:00:00Z."
  }
}

variable "kms_key_arn" {
  description = "KMS key that encrypts storage and snapshots. Null means the account's key for RDS. Changing it replaces the instance."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags for every resource, in addition to the provider's default tags."
  type        = map(string)
  default     = {}
}
