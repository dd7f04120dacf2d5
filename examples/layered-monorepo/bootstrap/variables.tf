variable "project" {
  description = "Name of the project: first part of every name made here."
  type        = string

  validation {
    condition     = can(regex("^[a-z]([a-z0-9-]{0,18}[a-z0-9])?$", var.project))
    error_message = "project must be 1 to 20 lower-case letters, digits and hyphens, starting with a letter."
  }
}

variable "region" {
  description = "AWS region of the state bucket, and of the resources that the roles may manage."
  type        = string
}

variable "environments" {
  description = "Environments that live in this account. Each gets the roles <project>-<environment>-{plan,apply,deploy,push}."
  type        = set(string)

  validation {
    condition     = length(var.environments) > 0 && alltrue([for name in var.environments : can(regex("^[a-z]([a-z0-9-]{0,18}[a-z0-9])?$", name))])
    error_message = "environments must name at least one, each 1 to 20 lower-case letters, digits and hyphens, starting with a letter."
  }

  # Names end in the environment, and the roles reach them by that end: <project>-*-<environment>.
  validation {
    condition     = alltrue([for name in var.environments : alltrue([for other in var.environments : !endswith(name, "-${other}")])])
    error_message = "environments: no name may be the end of another one after a hyphen, as in dev and eu-dev: the roles of the first would reach what belongs to the second."
  }
}

variable "shared_environments" {
  description = "Environments whose states others may read: global, shared, common, and those with shared in infra.yml. The plan and apply roles of every environment may then read and list what lies below <environment>/ in the state bucket. Their states lie in this bucket too; they need not be among environments."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for name in var.shared_environments : can(regex("^[a-z]([a-z0-9-]{0,18}[a-z0-9])?$", name))])
    error_message = "shared_environments: each must be 1 to 20 lower-case letters, digits and hyphens, starting with a letter."
  }
}

variable "github" {
  description = "Which GitHub repositories may use the roles: the infrastructure repository plans and applies, application repositories push images and deploy. With ids (owner_id, repository_id) the roles also accept the form of the token's subject that carries ids, and hold on to the repository rather than to its name."
  type = object({
    infrastructure_repository = object({
      name          = string
      owner_id      = optional(string)
      repository_id = optional(string)
    })
    application_repositories = optional(list(object({
      name          = string
      owner_id      = optional(string)
      repository_id = optional(string)
    })), [])
    default_branch = optional(string, "main")
    issuer_host    = optional(string, "token.actions.githubusercontent.com")
  })

  validation {
    condition = alltrue([
      for repository in concat([var.github.infrastructure_repository], var.github.application_repositories) :
      can(regex("^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$", repository.name))
    ])
    error_message = "github: name must be owner/repository, as GitHub spells it; wildcards are not allowed."
  }

  validation {
    condition = alltrue([
      for repository in concat([var.github.infrastructure_repository], var.github.application_repositories) :
      (repository.owner_id == null) == (repository.repository_id == null) &&
      can(regex("^[0-9]+$", coalesce(repository.owner_id, "0"))) &&
      can(regex("^[0-9]+$", coalesce(repository.repository_id, "0")))
    ])
    error_message = "github: owner_id and repository_id must be given together, as the numbers that GitHub's API shows."
  }

  validation {
    condition = length(distinct([
      for repository in concat([var.github.infrastructure_repository], var.github.application_repositories) :
      repository.repository_id != null
    ])) == 1
    error_message = "github: give ids for all repositories or for none."
  }

  validation {
    condition     = can(regex("^[A-Za-z0-9._/-]+$", var.github.default_branch))
    error_message = "github: default_branch must be a branch name; wildcards are not allowed."
  }
}

variable "waves_workflow_refs" {
  description = "Where terraform-apply-waves.yml of these actions is called from, as GitHub's tokens spell it, such as org/infra-actions/.github/workflows/terraform-apply-waves.yml@refs/tags/v1 (or @<SHA>). The apply roles then trust its legs too, in the environment <environment>-waves. Empty: they do not."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for ref in var.waves_workflow_refs : can(regex("^[A-Za-z0-9-]+/[A-Za-z0-9._-]+/\\.github/workflows/terraform-apply-waves\\.yml@(refs/(heads|tags)/[A-Za-z0-9._/-]+|[0-9a-f]{40})$", ref))])
    error_message = "waves_workflow_refs: each must be owner/repository/.github/workflows/terraform-apply-waves.yml@refs/tags/<tag>, @refs/heads/<branch> or @<SHA>; wildcards are not allowed."
  }

  # Nobody is asked in <environment>-waves, so no environment may be one.
  validation {
    condition     = length(var.waves_workflow_refs) == 0 || alltrue([for name in var.environments : !endswith(name, "-waves")])
    error_message = "waves_workflow_refs: with these, no environment may have a name that ends in -waves."
  }
}

variable "state_bucket_name" {
  description = "Name of the S3 bucket for Terraform states. Names are unique in all of AWS. Null means <project>-terraform-state."
  type        = string
  default     = null
}

variable "lock_table_name" {
  description = "DynamoDB table, in this account and region, in which older configurations lock (dynamodb_table of the S3 backend). The roles may then take locks in it, each for its own environment. Null for locks in the bucket alone (use_lockfile)."
  type        = string
  default     = null
}

variable "kms_key_arn" {
  description = "KMS key that encrypts the states. Null means S3's own key (AES-256)."
  type        = string
  default     = null
}

variable "create_review_keys" {
  description = "Whether to make a KMS key (HMAC) for each environment, alias <project>-<environment>-review, which keys the digests of sensitive values in review records. Without one sensitive values are not compared."
  type        = bool
  default     = false
}

variable "review_key_arns" {
  description = "KMS keys (HMAC_256) for review records that exist already, by environment."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for environment in keys(var.review_key_arns) : contains(var.environments, environment)])
    error_message = "review_key_arns: each key must be one of environments."
  }

  validation {
    condition     = !var.create_review_keys || length(var.review_key_arns) == 0
    error_message = "review_key_arns: give keys, or let create_review_keys make them, not both."
  }
}

variable "noncurrent_state_days" {
  description = "For how many days replaced versions of a state are kept: the way back after a damaged state. Null keeps them for good; states are small."
  type        = number
  default     = null

  validation {
    condition     = var.noncurrent_state_days == null || try(var.noncurrent_state_days >= 30 && floor(var.noncurrent_state_days) == var.noncurrent_state_days, false)
    error_message = "noncurrent_state_days must be null or a whole number of at least 30."
  }
}

variable "oidc_provider_arn" {
  description = "ARN of the account's OIDC provider for GitHub, where it has one already: an account holds only one. Null makes it."
  type        = string
  default     = null
}

variable "extra_policy_arns" {
  description = "Managed policies for the roles of one purpose, for resources that the policies made here do not cover."
  type = object({
    plan   = optional(set(string), [])
    apply  = optional(set(string), [])
    deploy = optional(set(string), [])
    push   = optional(set(string), [])
  })
  default = {}
}

variable "push_creates_repositories" {
  description = "Whether push roles may make repositories named <project>/… (create-repository of ecr-push) and set who pulls from them. False leaves repositories to Terraform."
  type        = bool
  default     = false
}

variable "permissions_boundary_arn" {
  description = "Permissions boundary for the roles made here. Null means none."
  type        = string
  default     = null
}

variable "max_session_seconds" {
  description = "Longest session that a role gives out."
  type        = number
  default     = 3600

  validation {
    condition     = var.max_session_seconds >= 3600 && var.max_session_seconds <= 43200
    error_message = "max_session_seconds must be from 3600 to 43200, IAM's limits."
  }
}
