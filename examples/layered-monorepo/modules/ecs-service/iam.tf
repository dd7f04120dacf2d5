locals {
  arn_prefix = "arn:${data.aws_partition.current.partition}"
  registry = {
    account_id = coalesce(var.image_repository.account_id, data.aws_caller_identity.current.account_id)
    region     = coalesce(var.image_repository.region, data.aws_region.current.name)
  }

  # An SSM parameter and a Secrets Manager secret are read by different actions. A secret's ARN may
  # be followed by :json-key:version-stage:version-id, which is no part of the resource.
  parameter_arns = sort([for arn in values(var.container.secrets) : arn if strcontains(arn, ":ssm:")])
  secret_arns    = sort(distinct([for arn in values(var.container.secrets) : join(":", slice(split(":", arn), 0, 7)) if strcontains(arn, ":secretsmanager:")]))

  ecs_tasks_trust = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
      # Keeps ECS from being talked into using these roles for another account's tasks.
      Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id } }
    }]
  })

  execution_policy = {
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid      = "RegistryToken"
          Effect   = "Allow"
          Action   = ["ecr:GetAuthorizationToken"]
          Resource = ["*"]
        },
        {
          Sid      = "PullImage"
          Effect   = "Allow"
          Action   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
          Resource = ["${local.arn_prefix}:ecr:${local.registry.region}:${local.registry.account_id}:repository/${local.repository}"]
        },
        {
          Sid      = "WriteLogs"
          Effect   = "Allow"
          Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
          Resource = ["${aws_cloudwatch_log_group.this.arn}:*"]
        },
      ],
      length(local.parameter_arns) == 0 ? [] : [{
        Sid      = "ReadParameters"
        Effect   = "Allow"
        Action   = ["ssm:GetParameters"]
        Resource = local.parameter_arns
      }],
      length(local.secret_arns) == 0 ? [] : [{
        Sid      = "ReadSecrets"
        Effect   = "Allow"
        Action   = ["secretsmanager:GetSecretValue"]
        Resource = local.secret_arns
      }],
    )
  }
}

# What ECS needs to start a task: pull the image, read its secrets, open its log stream.
resource "aws_iam_role" "execution" {
  name               = "${local.name}-execution"
  description        = "Starts tasks of ${local.name}"
  assume_role_policy = local.ecs_tasks_trust

  tags = merge(var.tags, { Name = "${local.name}-execution" })
}

resource "aws_iam_role_policy" "execution" {
  name   = "start-tasks"
  role   = aws_iam_role.execution.id
  policy = jsonencode(local.execution_policy)
}

# What the application itself may do. Without statements it may do nothing.
resource "aws_iam_role" "task" {
  name               = "${local.name}-task"
  description        = "The application in tasks of ${local.name}"
  assume_role_policy = local.ecs_tasks_trust

  tags = merge(var.tags, { Name = "${local.name}-task" })
}

resource "aws_iam_role_policy" "task" {
  count = length(var.task_policy_statements) > 0 ? 1 : 0

  name = "application"
  role = aws_iam_role.task.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      for statement in var.task_policy_statements : merge(
        { Effect = "Allow", Action = statement.actions, Resource = statement.resources },
        statement.sid == null ? {} : { Sid = statement.sid },
      )
    ]
  })
}
