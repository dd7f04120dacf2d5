variable "name" {
  description = "Name of the repository, for example shop/service-a."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*)*$", var.name)) && length(var.name) >= 2 && length(var.name) <= 256
    error_message = "name must be 2 to 256 characters: lower-case letters, digits, and ., _, -, / between them."
  }
}

variable "kept_image_count" {
  description = "How many of the newest images are kept. Older ones expire, also when a service still runs them: choose more than the releases you may roll back through."
  type        = number
  default     = 10

  validation {
    condition     = var.kept_image_count >= 1 && floor(var.kept_image_count) == var.kept_image_count
    error_message = "kept_image_count must be a whole number of at least 1."
  }
}

variable "pull_account_ids" {
  description = "Other AWS accounts whose tasks may pull from this repository."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for id in var.pull_account_ids : can(regex("^[0-9]{12}$", id))])
    error_message = "pull_account_ids must be AWS account ids of 12 digits."
  }
}

variable "kms_key_arn" {
  description = "KMS key that encrypts the images. Null means AES-256 with a key of ECR's own. Changing it replaces the repository."
  type        = string
  default     = null
}

variable "force_delete" {
  description = "Whether destroying the repository deletes the images in it. When false, a repository that holds images refuses to be destroyed."
  type        = bool
  default     = false
}

variable "tags" {
  description = "Tags for every resource, in addition to the provider's default tags."
  type        = map(string)
  default     = {}
}
