locals {
  path = "/${var.contract.environment}/${var.contract.project}/${var.contract.service}"

  task_roles = var.contract.taskRoles == null ? null : {
    for role, arn in var.contract.taskRoles : role => arn if arn != null
  }
  contract = merge(
    { version = 1 },
    { for key, value in var.contract : key => value if value != null && key != "taskRoles" },
    local.task_roles == null ? {} : { taskRoles = local.task_roles },
  )

  tasks = { for name, task in var.tasks : name => merge(
    {
      version        = 1
      name           = name
      kind           = task.kind
      templateFamily = task.template_family
      liveFamily     = task.live_family
      container      = task.container
    },
    task.subnets == null ? {} : { subnets = task.subnets },
    task.security_groups == null ? {} : { securityGroups = task.security_groups },
    task.assign_public_ip == null ? {} : { assignPublicIp = task.assign_public_ip },
    task.enable_on_first_release == null ? {} : {
      enableOnFirstRelease = {
        for key, value in task.enable_on_first_release : key => value
        if contains(["kind", "name", task.enable_on_first_release.kind == "schedule" ? "group" : "bus"], key)
      }
    },
  ) }
}

resource "aws_ssm_parameter" "deploy" {
  name        = "${local.path}/deploy"
  description = "How ecs-deploy rolls out ${var.contract.service} in ${var.contract.environment}. Written by Terraform."
  type        = "String"

  # The plain value, not the sensitive one: it holds no secret, and a plan must show what changes.
  insecure_value = jsonencode(local.contract)

  tags = var.tags

  lifecycle {
    precondition {
      condition     = length(jsonencode(local.contract)) <= 4096
      error_message = "The contract is longer than the 4096 characters that a standard SSM parameter holds."
    }
  }
}

# One parameter each: a standard parameter holds 4 KB, which the contract alone fills to a third.
resource "aws_ssm_parameter" "task" {
  for_each = local.tasks

  name        = "${local.path}/deploy/tasks/${each.key}"
  description = "How ecs-deploy brings the image of ${var.contract.service} to the task ${each.key} in ${var.contract.environment}. Written by Terraform."
  type        = "String"

  insecure_value = jsonencode(each.value)

  tags = var.tags
}
