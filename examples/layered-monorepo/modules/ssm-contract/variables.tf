variable "contract" {
  description = "The deploy contract of one service, as schema.json beside this module describes it. Optional parts that are null are left out."
  type = object({
    project              = string
    service              = string
    environment          = string
    cluster              = string
    serviceName          = string
    strategy             = optional(string, "rolling")
    templateFamily       = string
    liveFamily           = string
    container            = string
    containerPort        = optional(number)
    repository           = string
    subnets              = list(string)
    securityGroups       = list(string)
    assignPublicIp       = bool
    desiredCount         = number
    desiredCountVariable = optional(string)
    logGroup             = string
    deployment = object({
      minimumHealthyPercent = number
      maximumPercent        = number
      circuitBreaker = object({
        enable   = bool
        rollback = bool
      })
    })
    targetGroups = optional(list(string))
    listenerRule = optional(string)
    codeDeploy = optional(object({
      application     = string
      deploymentGroup = string
    }))
    taskRoles = optional(object({
      execution = optional(string)
      task      = optional(string)
    }))
  })

  validation {
    condition = alltrue([
      for name in [var.contract.project, var.contract.service, var.contract.environment] :
      can(regex("^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$", name))
    ])
    error_message = "contract: project, service and environment must be 1 to 40 lower-case letters, digits and hyphens, starting with a letter."
  }

  # These stand beside the services under /{environment}/{project}/ and would collide with one.
  validation {
    condition     = !contains(["backend", "deploy", "release"], var.contract.service)
    error_message = "contract: service must not be one of the reserved names backend, deploy, release."
  }

  validation {
    condition     = contains(["rolling", "blue-green", "linear", "canary", "code-deploy"], var.contract.strategy)
    error_message = "contract: strategy must be one of rolling, blue-green, linear, canary, code-deploy."
  }

  validation {
    condition     = var.contract.codeDeploy == null || var.contract.strategy == "code-deploy"
    error_message = "contract: codeDeploy goes with the strategy code-deploy alone."
  }

  # CodeDeploy API reference, ApplicationName and DeploymentGroupName.
  validation {
    condition = var.contract.codeDeploy == null || alltrue([
      for name in [try(var.contract.codeDeploy.application, ""), try(var.contract.codeDeploy.deploymentGroup, "")] :
      length(name) >= 1 && length(name) <= 100
    ])
    error_message = "contract: codeDeploy.application and codeDeploy.deploymentGroup must be 1 to 100 characters long."
  }

  validation {
    condition     = var.contract.desiredCount >= 0 && var.contract.desiredCount <= 5000 && floor(var.contract.desiredCount) == var.contract.desiredCount
    error_message = "contract: desiredCount must be a whole number from 0 to 5000."
  }

  validation {
    condition     = try(can(regex("^[A-Za-z_][A-Za-z0-9_-]{0,127}$", var.contract.desiredCountVariable)) || var.contract.desiredCountVariable == null, true)
    error_message = "contract: desiredCountVariable must be the name of a Terraform variable: letters, digits, underscores and hyphens."
  }

  validation {
    condition     = length(var.contract.subnets) > 0 && length(var.contract.securityGroups) > 0
    error_message = "contract: subnets and securityGroups must each name at least one."
  }
}

variable "tasks" {
  description = "Tasks that run the service's image besides it, by name, as task-schema.json beside this module describes them. Targets of schedules and rules name live_family without a revision; ecs-deploy registers there once the service has the image."
  type = map(object({
    kind             = string
    template_family  = string
    live_family      = string
    container        = string
    subnets          = optional(list(string))
    security_groups  = optional(list(string))
    assign_public_ip = optional(bool)
    enable_on_first_release = optional(object({
      kind  = string
      name  = string
      group = optional(string, "default")
      bus   = optional(string, "default")
    }))
  }))
  default = {}

  validation {
    condition     = alltrue([for name in keys(var.tasks) : can(regex("^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$", name))])
    error_message = "tasks: names must be 1 to 40 lower-case letters, digits and hyphens, starting with a letter."
  }

  validation {
    condition     = alltrue([for task in var.tasks : contains(["scheduled", "event", "one-off"], task.kind)])
    error_message = "tasks: kind must be one of scheduled, event, one-off."
  }

  # A schedule would start the template, or the service's own revision, before its verdict.
  validation {
    condition     = alltrue([for task in var.tasks : task.live_family != task.template_family && task.live_family != var.contract.liveFamily])
    error_message = "tasks: live_family must be a family of the task's own, neither its template's nor the service's."
  }

  validation {
    condition     = length(distinct([for task in var.tasks : task.live_family])) == length(var.tasks)
    error_message = "tasks: each task needs a live_family of its own."
  }

  validation {
    condition     = alltrue([for task in var.tasks : try(contains(["schedule", "rule"], task.enable_on_first_release.kind), true)])
    error_message = "tasks: enable_on_first_release.kind must be one of schedule, rule."
  }

  validation {
    condition     = alltrue([for task in var.tasks : task.kind != "one-off" || task.enable_on_first_release == null])
    error_message = "tasks: a task of the kind one-off has no schedule and no rule to enable."
  }
}

variable "tags" {
  description = "Tags for every resource, in addition to the provider's default tags."
  type        = map(string)
  default     = {}
}
