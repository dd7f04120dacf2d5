variable "project" {
  description = "Name of the project."
  type        = string
}

variable "environment" {
  description = "Name of the environment."
  type        = string
}

variable "region" {
  description = "AWS region of the environment."
  type        = string
}

variable "desired_count" {
  description = "Number of tasks, once the service has been released."
  type        = number
}

variable "task_size" {
  description = "CPU units and memory of a task."
  type = object({
    cpu        = number
    memory_mib = number
  })
}

variable "capacity" {
  description = "Capacity providers that tasks are spread over; 02-platform must offer them. Empty means Fargate on demand."
  type = list(object({
    provider = string
    weight   = optional(number, 1)
    base     = optional(number, 0)
  }))
  default = []
}

variable "log_retention_days" {
  description = "For how many days logs are kept."
  type        = number
}
