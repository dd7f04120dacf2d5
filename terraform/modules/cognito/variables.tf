variable "name" {
  description = "Name of the user pool, for example shop-dev."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_+=,.@ -]{1,128}$", var.name))
    error_message = "name must be 1 to 128 letters, digits, spaces and _ + = , . @ -."
  }
}

variable "groups" {
  description = "Groups of users."
  type        = set(string)
  default     = ["admin", "test"]

  validation {
    condition     = alltrue([for group in var.groups : can(regex("^[^ ]{1,128}$", group))])
    error_message = "groups must be names of 1 to 128 characters without spaces."
  }
}

variable "clients" {
  description = "Applications that sign users in, by name, such as web and dashboard: public clients that get codes with PKCE, and have no secret. callback_urls are https, or http://localhost."
  type = map(object({
    callback_urls        = list(string)
    logout_urls          = optional(list(string), [])
    access_token_minutes = optional(number, 60)
    refresh_token_days   = optional(number, 30)
  }))
  default = {}

  validation {
    condition     = alltrue([for client in var.clients : length(client.callback_urls) > 0])
    error_message = "clients need at least one callback URL each."
  }

  validation {
    condition = alltrue(flatten([for client in var.clients : [
      for url in concat(client.callback_urls, client.logout_urls) : can(regex("^(https://|http://localhost(:|/|$))", url))
    ]]))
    error_message = "callback_urls and logout_urls must begin with https://, or be http://localhost."
  }

  validation {
    condition     = alltrue([for client in var.clients : client.access_token_minutes >= 5 && client.access_token_minutes <= 1440 && client.refresh_token_days >= 1 && client.refresh_token_days <= 3650])
    error_message = "access_token_minutes must lie between 5 and 1440, refresh_token_days between 1 and 3650."
  }
}

variable "domain_prefix" {
  description = "Prefix of the hosted sign-in pages, unique in the region: <prefix>.auth.<region>.amazoncognito.com. Null means none."
  type        = string
  default     = null

  validation {
    condition     = var.domain_prefix == null || try(can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", var.domain_prefix)) && !can(regex("aws|amazon|cognito", var.domain_prefix)), false)
    error_message = "domain_prefix must be 1 to 63 lower-case letters, digits and hyphens, and contain none of aws, amazon, cognito."
  }
}

variable "password_minimum_length" {
  description = "Shortest password."
  type        = number
  default     = 8

  validation {
    condition     = var.password_minimum_length >= 8 && var.password_minimum_length <= 99 && floor(var.password_minimum_length) == var.password_minimum_length
    error_message = "password_minimum_length must be a whole number from 8 to 99."
  }
}

variable "self_registration" {
  description = "Whether people register by themselves. Else an administrator makes the users."
  type        = bool
  default     = true
}

variable "deletion_protection" {
  description = "Whether AWS refuses to delete the pool with its users."
  type        = bool
  default     = false
}

variable "tags" {
  description = "Tags for every resource, in addition to the provider's default tags."
  type        = map(string)
  default     = {}
}
