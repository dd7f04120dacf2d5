variable "project" {
  description = "Project that the service belongs to. First part of every name."
  type        = string
}

variable "service" {
  description = "Name of the service within the project, for example service-a."
  type        = string
}

variable "environment" {
  description = "Environment that the service runs in. Last part of every name."
  type        = string
}

variable "cluster_name" {
  description = "Name of the ECS cluster."
  type        = string
}

variable "network" {
  description = "Where tasks run: subnets, security groups, and whether they get a public address (needed to pull images from a subnet that has neither NAT nor VPC endpoints)."
  type = object({
    subnet_ids         = list(string)
    security_group_ids = list(string)
    assign_public_ip   = optional(bool, false)
  })

  validation {
    condition     = length(var.network.subnet_ids) > 0 && length(var.network.security_group_ids) > 0
    error_message = "network: subnet_ids and security_group_ids must each name at least one."
  }
}

variable "desired_count" {
  description = "Number of tasks once the service has been released. Until then it has none, since there is no image to run."
  type        = number

  validation {
    condition     = var.desired_count >= 0 && var.desired_count <= 5000 && floor(var.desired_count) == var.desired_count
    error_message = "desired_count must be a whole number from 0 to 5000."
  }
}

variable "image_repository" {
  description = "ECR repository of the service's image: its name, and the account and region that hold it where these are not the service's own. Null means <project>/<service>."
  type = object({
    name       = optional(string)
    account_id = optional(string)
    region     = optional(string)
  })
  default = {}
}

variable "container" {
  description = "The container that runs the service's image. The port is the only one it listens on; null for a service that accepts no traffic."
  type = object({
    name        = optional(string, "app")
    port        = optional(number, 8080)
    command     = optional(list(string))
    environment = optional(map(string), {})
    secrets     = optional(map(string), {})
    health_check = optional(object({
      command              = list(string)
      interval_seconds     = optional(number, 10)
      timeout_seconds      = optional(number, 5)
      retries              = optional(number, 3)
      start_period_seconds = optional(number, 10)
    }))
    stop_timeout_seconds     = optional(number, 30)
    read_only_root_directory = optional(bool, true)
  })
  default = {}

  validation {
    condition     = try(length(var.container.health_check.command) > 0, true) && try(contains(["CMD", "CMD-SHELL"], var.container.health_check.command[0]), true)
    error_message = "container: health_check.command must begin with CMD or CMD-SHELL."
  }

  validation {
    condition     = alltrue([for name, arn in var.container.secrets : startswith(arn, "arn:")])
    error_message = "container: secrets maps names of environment variables to ARNs of SSM parameters or Secrets Manager secrets."
  }

  validation {
    condition     = length(setintersection(keys(var.container.environment), keys(var.container.secrets))) == 0
    error_message = "container: environment and secrets must not name the same variable."
  }

  validation {
    condition     = var.container.stop_timeout_seconds >= 0 && var.container.stop_timeout_seconds <= 120
    error_message = "container: stop_timeout_seconds must be from 0 to 120, Fargate's limit."
  }
}

variable "task_size" {
  description = "CPU units (1024 is one vCPU), memory and processor architecture of a task. Fargate accepts only some pairs of CPU and memory."
  type = object({
    cpu          = optional(number, 256)
    memory_mib   = optional(number, 512)
    architecture = optional(string, "X86_64")
  })
  default = {}

  validation {
    condition = anytrue([
      var.task_size.cpu == 256 && contains([512, 1024, 2048], var.task_size.memory_mib),
      var.task_size.cpu == 512 && contains([for gib in range(1, 5) : gib * 1024], var.task_size.memory_mib),
      var.task_size.cpu == 1024 && contains([for gib in range(2, 9) : gib * 1024], var.task_size.memory_mib),
      var.task_size.cpu == 2048 && contains([for gib in range(4, 17) : gib * 1024], var.task_size.memory_mib),
      var.task_size.cpu == 4096 && contains([for gib in range(8, 31) : gib * 1024], var.task_size.memory_mib),
      var.task_size.cpu == 8192 && contains([for gib in range(16, 61, 4) : gib * 1024], var.task_size.memory_mib),
      var.task_size.cpu == 16384 && contains([for gib in range(32, 121, 8) : gib * 1024], var.task_size.memory_mib),
    ])
    error_message = "task_size: Fargate pairs cpu 256 with 512, 1024, 2048 MiB; 512 with 1 to 4 GiB; 1024 with 2 to 8; 2048 with 4 to 16; 4096 with 8 to 30; 8192 with 16 to 60 in steps of 4; 16384 with 32 to 120 in steps of 8."
  }

  validation {
    condition     = contains(["X86_64", "ARM64"], var.task_size.architecture)
    error_message = "task_size: architecture must be one of X86_64, ARM64."
  }
}

variable "capacity" {
  description = "Capacity providers that tasks are spread over; the cluster must offer them. weight is the share, base the number of tasks placed first. Empty means Fargate on demand, by launch type, which every cluster offers."
  type = list(object({
    provider = string
    weight   = optional(number, 1)
    base     = optional(number, 0)
  }))
  default = []

  validation {
    condition     = alltrue([for capacity in var.capacity : contains(["FARGATE", "FARGATE_SPOT"], capacity.provider)])
    error_message = "capacity: provider must be one of FARGATE, FARGATE_SPOT."
  }

  validation {
    condition     = length([for capacity in var.capacity : capacity if capacity.base > 0]) <= 1
    error_message = "capacity: only one entry may have a base."
  }
}

variable "deployment" {
  description = "How a rolling deployment replaces tasks, as percentages of the desired count, and whether a failing one is rolled back."
  type = object({
    minimum_healthy_percent = optional(number, 100)
    maximum_percent         = optional(number, 200)
    rollback                = optional(bool, true)
  })
  default = {}

  validation {
    condition     = var.deployment.minimum_healthy_percent >= 0 && var.deployment.minimum_healthy_percent <= 100
    error_message = "deployment: minimum_healthy_percent must be from 0 to 100."
  }

  validation {
    condition     = var.deployment.maximum_percent >= 100 && var.deployment.maximum_percent <= 400 && var.deployment.maximum_percent > var.deployment.minimum_healthy_percent
    error_message = "deployment: maximum_percent must be from 100 to 400 and above minimum_healthy_percent, or no task could ever be replaced."
  }
}

variable "service_discovery" {
  description = "Private DNS namespace (AWS Cloud Map) in which the service gets the name <service>.<namespace>. Null means none."
  type = object({
    namespace_id   = string
    namespace_name = string
  })
  default = null
}

variable "task_policy_statements" {
  description = "What the application itself may do in AWS: statements of its task role's policy."
  type = list(object({
    sid       = optional(string)
    actions   = list(string)
    resources = list(string)
  }))
  default = []
}

variable "log_retention_days" {
  description = "For how many days logs are kept."
  type        = number
  default     = 30

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days must be one that CloudWatch Logs offers: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653."
  }
}

variable "tags" {
  description = "Tags for every resource, in addition to the provider's default tags."
  type        = map(string)
  default     = {}
}
