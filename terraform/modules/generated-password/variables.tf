variable "parameter_names" {
  description = "SSM parameters (SecureString) that hold the password: the first is the source, the others are copies for who may not read the first, for example /dev/shop/postgres_password and /dev/shop/backend/pg_database_password."
  type        = list(string)

  validation {
    condition     = length(var.parameter_names) > 0 && length(distinct(var.parameter_names)) == length(var.parameter_names) && alltrue([for name in var.parameter_names : can(regex("^(/[A-Za-z0-9_.-]+)+$", name))])
    error_message = "parameter_names must be at least one absolute name, such as /dev/shop/postgres_password, none of them twice."
  }
}

variable "description" {
  description = "What the password is for: the description of the first parameter."
  type        = string
}

variable "length" {
  description = "Number of characters, letters and digits."
  type        = number
  default     = 40

  validation {
    condition     = var.length >= 16 && var.length <= 128 && floor(var.length) == var.length
    error_message = "length must be a whole number from 16 to 128."
  }
}

variable "password_version" {
  description = "Raise it by one to make a new password and write it everywhere."
  type        = number
  default     = 1

  validation {
    condition     = var.password_version >= 1 && floor(var.password_version) == var.password_version
    error_message = "password_version must be a whole number of at least 1."
  }
}

variable "kms_key_arn" {
  description = "KMS key that encrypts the parameters; who reads them needs it too. Null means the account's key for SSM."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags for every resource, in addition to the provider's default tags."
  type        = map(string)
  default     = {}
}
