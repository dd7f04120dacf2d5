variable "name" {
  description = "Name of the bucket, unique in all of AWS, for example shop-assets-dev."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 63 characters: lower-case letters, digits and hyphens, with a letter or digit at both ends."
  }
}

variable "public_read" {
  description = "Whether everybody may read the objects, by plain GetObject. Listing stays closed. Account-wide public access blocks win over it."
  type        = bool
  default     = false
}

variable "cors" {
  description = "Which web pages may reach the bucket from a browser: rules with origins, methods (GET, HEAD, PUT, POST, DELETE), and for how long browsers may remember."
  type = list(object({
    origins         = list(string)
    methods         = optional(list(string), ["GET", "HEAD"])
    headers         = optional(list(string), ["*"])
    expose_headers  = optional(list(string), ["ETag"])
    max_age_seconds = optional(number, 3600)
  }))
  default = []

  validation {
    condition     = alltrue([for rule in var.cors : length(rule.origins) > 0 && alltrue([for origin in rule.origins : origin == "*" || can(regex("^https?://[^/ ]+$", origin))])])
    error_message = "cors origins must be * or written as https://host[:port], without a path, at least one a rule."
  }

  validation {
    condition     = alltrue(flatten([for rule in var.cors : [for method in rule.methods : contains(["GET", "HEAD", "PUT", "POST", "DELETE"], method)]]))
    error_message = "cors methods must be among GET, HEAD, PUT, POST, DELETE."
  }
}

variable "versioning" {
  description = "Whether replaced and deleted objects are kept as versions."
  type        = bool
  default     = false
}

variable "expire_days" {
  description = "Age in days at which objects are deleted. Null keeps them."
  type        = number
  default     = null

  validation {
    condition     = var.expire_days == null || try(var.expire_days >= 1 && floor(var.expire_days) == var.expire_days, false)
    error_message = "expire_days must be a whole number of at least 1, or null."
  }
}

variable "noncurrent_expire_days" {
  description = "With versioning: for how many days replaced and deleted objects are kept."
  type        = number
  default     = 90

  validation {
    condition     = var.noncurrent_expire_days >= 1 && floor(var.noncurrent_expire_days) == var.noncurrent_expire_days
    error_message = "noncurrent_expire_days must be a whole number of at least 1."
  }
}

variable "kms_key_arn" {
  description = "KMS key that encrypts the objects. Null means S3's own key (AES-256). A public bucket must not have one: nobody outside could decrypt."
  type        = string
  default     = null

  validation {
    condition     = !(var.public_read && var.kms_key_arn != null)
    error_message = "a bucket with public_read cannot have a kms_key_arn: readers without AWS credentials cannot use the key."
  }
}

variable "force_destroy" {
  description = "Whether destroying the bucket deletes the objects in it. When false, a bucket that holds objects refuses to be destroyed."
  type        = bool
  default     = false
}

variable "tags" {
  description = "Tags for every resource, in addition to the provider's default tags."
  type        = map(string)
  default     = {}
}
