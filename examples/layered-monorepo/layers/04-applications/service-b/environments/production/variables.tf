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

variable "log_retention_days" {
  description = "For how many days logs are kept."
  type        = number
}
