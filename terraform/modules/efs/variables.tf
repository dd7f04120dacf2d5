variable "name" {
  description = "Name of the file system, for example shop-uploads-dev."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_.-]{1,64}$", var.name))
    error_message = "name must be 1 to 64 letters, digits, dots, hyphens and underscores."
  }
}

variable "network" {
  description = "Where tasks reach it: the VPC, one subnet of each zone, and the security groups of the tasks, by a name each that does not change."
  type = object({
    vpc_id                    = string
    subnet_ids                = list(string)
    client_security_group_ids = map(string)
  })

  validation {
    condition     = length(var.network.subnet_ids) > 0
    error_message = "network.subnet_ids must name at least one subnet: there is a mount target in each."
  }
}

variable "access_points" {
  description = "Directories that tasks mount, by name: the path is made with this owner where it is missing, and every access is made as this owner."
  type = map(object({
    path        = optional(string, "/")
    uid         = optional(number, 1000)
    gid         = optional(number, 1000)
    permissions = optional(string, "0755")
  }))
  default = {}

  validation {
    condition     = alltrue([for point in var.access_points : can(regex("^(/|(/[A-Za-z0-9_.-]+){1,4})$", point.path))])
    error_message = "access_points path must be / or absolute with at most four parts, such as /uploads."
  }

  validation {
    condition     = alltrue([for point in var.access_points : can(regex("^[0-7]{3,4}$", point.permissions))])
    error_message = "access_points permissions must be octal, such as 0755."
  }
}

variable "ia_after_days" {
  description = "After how many days without access files move to Infrequent Access; they come back with the next access. Null keeps them."
  type        = number
  default     = 30

  validation {
    condition     = var.ia_after_days == null || try(contains([1, 7, 14, 30, 60, 90, 180, 270, 365], var.ia_after_days), false)
    error_message = "ia_after_days must be 1, 7, 14, 30, 60, 90, 180, 270 or 365, or null."
  }
}

variable "backup" {
  description = "Whether AWS Backup keeps daily copies (35 days)."
  type        = bool
  default     = true
}

variable "kms_key_arn" {
  description = "KMS key that encrypts the files. Null means the account's key for EFS. Changing it replaces the file system."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags for every resource, in addition to the provider's default tags."
  type        = map(string)
  default     = {}
}
