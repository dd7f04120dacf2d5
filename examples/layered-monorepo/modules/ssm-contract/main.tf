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
