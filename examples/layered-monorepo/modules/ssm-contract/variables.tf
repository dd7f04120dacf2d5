variable "contract" {
  description = "The deploy contract of one service, as schema.json beside this module describes it. Optional parts that are null are left out."
  type = object({
    project        = string
    service        = string
    environment    = string
    cluster        = string
    serviceName    = string
    strategy       = optional(string, "rolling")
    templateFamily = string
    liveFamily     = string
    container      = string
    containerPort  = optional(number)
    repository     = string
    subnets        = list(string)
    securityGroups = list(string)
    assignPublicIp = bool
    desiredCount   = number
    logGroup       = string
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
    condition     = length(var.contract.subnets) > 0 && length(var.contract.securityGroups) > 0
    error_message = "contract: subnets and securityGroups must each name at least one."
  }
}

variable "tags" {
  description = "Tags for every resource, in addition to the provider's default tags."
  type        = map(string)
  default     = {}
}
