variable "name" {
  description = "Name of the queue, for example shop-main-queue-dev. The dead letter queue is named <name>-dead-letters."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,67}$", var.name))
    error_message = "name must be 1 to 67 letters, digits, hyphens and underscores, without .fifo: the queue is a standard one."
  }
}

variable "visibility_timeout_seconds" {
  description = "For how long a message that was received is hidden from other receivers: at least as long as its work takes."
  type        = number
  default     = 30

  validation {
    condition     = var.visibility_timeout_seconds >= 0 && var.visibility_timeout_seconds <= 43200
    error_message = "visibility_timeout_seconds must lie between 0 and 43200."
  }
}

variable "retention_days" {
  description = "For how many days messages are kept."
  type        = number
  default     = 4

  validation {
    condition     = var.retention_days >= 1 && var.retention_days <= 14 && floor(var.retention_days) == var.retention_days
    error_message = "retention_days must be a whole number from 1 to 14."
  }
}

variable "max_receives" {
  description = "After how many receives without success a message goes to the dead letter queue, where it is kept for 14 days."
  type        = number
  default     = 5

  validation {
    condition     = var.max_receives >= 1 && var.max_receives <= 1000 && floor(var.max_receives) == var.max_receives
    error_message = "max_receives must be a whole number from 1 to 1000."
  }
}

variable "kms_key_arn" {
  description = "KMS key that encrypts messages; senders and receivers need it too. Null means SQS's own key."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags for every resource, in addition to the provider's default tags."
  type        = map(string)
  default     = {}
}
