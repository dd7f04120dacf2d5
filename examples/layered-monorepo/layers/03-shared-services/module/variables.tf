variable "project" {
  description = "Name of the project."
  type        = string
}

variable "environment" {
  description = "Name of the environment."
  type        = string
}

variable "foundation" {
  description = "Outputs of 01-foundation."
  type = object({
    vpc_id          = string
    route_table_ids = list(string)
  })
}

variable "services" {
  description = "Services that have an image repository."
  type        = set(string)
}

variable "owns_repositories" {
  description = "Whether this environment makes the image repositories. One environment of the project does."
  type        = bool
}

variable "image_registry" {
  description = "Account and region of the registry that holds the images, where these are not the own ones."
  type = object({
    account_id = optional(string)
    region     = optional(string)
  })
  default = {}
}

variable "pull_account_ids" {
  description = "Accounts of other environments, whose tasks pull from the repositories made here."
  type        = set(string)
  default     = []
}

variable "deletion_protection" {
  description = "Whether data survives a destroy: tables are protected, and backed up."
  type        = bool
}
