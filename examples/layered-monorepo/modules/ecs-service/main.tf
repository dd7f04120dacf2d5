data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

# Says whether ecs-deploy has released the service: it writes release/current before its first
# update, so that an apply in between does not take the count back to 0, and removes it where a first
# release fails, so that the next apply does not start the placeholder. By path, because a path
# without parameters is an empty list where a single missing parameter would be an error. Only the
# names are used: values are sensitive.
data "aws_ssm_parameters_by_path" "release" {
  path            = "/${var.environment}/${var.project}/${var.service}/release"
  with_decryption = false
}

locals {
  name        = "${var.project}-${var.service}-${var.environment}"
  released    = contains(data.aws_ssm_parameters_by_path.release.names, "/${var.environment}/${var.project}/${var.service}/release/current")
  repository  = coalesce(var.image_repository.name, "${var.project}/${var.service}")
  dns_enabled = var.service_discovery != null

  # .invalid never resolves (RFC 2606): a task that is started with it by mistake fails and says so.
  placeholder_image = "placeholder.invalid/set-by-ecs-deploy:none"
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/ecs/${local.name}"
  retention_in_days = var.log_retention_days

  tags = merge(var.tags, { Name = local.name })
}

resource "aws_ecs_task_definition" "template" {
  family                   = "${local.name}-template"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.task_size.cpu
  memory                   = var.task_size.memory_mib
  execution_role_arn       = aws_iam_role.execution.arn
  task_role_arn            = aws_iam_role.task.arn

  runtime_platform {
    cpu_architecture        = var.task_size.architecture
    operating_system_family = "LINUX"
  }

  container_definitions = jsonencode([merge(
    {
      name                   = var.container.name
      image                  = local.placeholder_image
      essential              = true
      readonlyRootFilesystem = var.container.read_only_root_directory
      stopTimeout            = var.container.stop_timeout_seconds
      environment            = [for name, value in var.container.environment : { name = name, value = value }]
      secrets                = [for name, arn in var.container.secrets : { name = name, valueFrom = arn }]
      logConfiguration = {
        logDriver = "awslogs"
        options = {
          awslogs-group         = aws_cloudwatch_log_group.this.name
          awslogs-region        = data.aws_region.current.name
          awslogs-stream-prefix = var.service
        }
      }
    },
    var.container.port == null ? {} : {
      portMappings = [{ name = "http", containerPort = var.container.port, hostPort = var.container.port, protocol = "tcp" }]
    },
    var.container.command == null ? {} : { command = var.container.command },
    var.container.health_check == null ? {} : {
      healthCheck = {
        command     = var.container.health_check.command
        interval    = var.container.health_check.interval_seconds
        timeout     = var.container.health_check.timeout_seconds
        retries     = var.container.health_check.retries
        startPeriod = var.container.health_check.start_period_seconds
      }
    },
  )])

  # A deregistered revision cannot be rolled back to, and ecs-deploy names it in its own.
  skip_destroy = true

  tags = merge(var.tags, { Name = "${local.name}-template" })
}

resource "aws_service_discovery_service" "this" {
  count = local.dns_enabled ? 1 : 0

  name        = var.service
  description = "Tasks of ${local.name}"

  dns_config {
    namespace_id   = var.service_discovery.namespace_id
    routing_policy = "MULTIVALUE"

    dns_records {
      type = "A"
      ttl  = 10
    }
  }

  tags = merge(var.tags, { Name = local.name })
}

resource "aws_ecs_service" "this" {
  name            = local.name
  cluster         = var.cluster_name
  task_definition = aws_ecs_task_definition.template.arn
  desired_count   = local.released ? var.desired_count : 0
  launch_type     = length(var.capacity) == 0 ? "FARGATE" : null

  deployment_minimum_healthy_percent = var.deployment.minimum_healthy_percent
  deployment_maximum_percent         = var.deployment.maximum_percent
  enable_ecs_managed_tags            = true
  propagate_tags                     = "SERVICE"

  deployment_circuit_breaker {
    enable   = true
    rollback = var.deployment.rollback
  }

  network_configuration {
    subnets          = var.network.subnet_ids
    security_groups  = var.network.security_group_ids
    assign_public_ip = var.network.assign_public_ip
  }

  dynamic "capacity_provider_strategy" {
    for_each = var.capacity

    content {
      capacity_provider = capacity_provider_strategy.value.provider
      weight            = capacity_provider_strategy.value.weight
      base              = capacity_provider_strategy.value.base
    }
  }

  dynamic "service_registries" {
    for_each = aws_service_discovery_service.this

    content {
      registry_arn = service_registries.value.arn
    }
  }

  tags = merge(var.tags, { Name = local.name })

  lifecycle {
    # Which revision runs is ecs-deploy's decision; the template only starts the service, at 0 tasks.
    ignore_changes = [task_definition]
  }

  # Tasks need the policies, not just the roles, from their first second on.
  depends_on = [aws_iam_role_policy.execution, aws_iam_role_policy.task]
}

module "contract" {
  source = "../ssm-contract"

  contract = {
    project        = var.project
    service        = var.service
    environment    = var.environment
    cluster        = var.cluster_name
    serviceName    = aws_ecs_service.this.name
    strategy       = "rolling"
    templateFamily = aws_ecs_task_definition.template.family
    liveFamily     = local.name
    container      = var.container.name
    containerPort  = var.container.port
    repository     = local.repository
    subnets        = var.network.subnet_ids
    securityGroups = var.network.security_group_ids
    assignPublicIp = var.network.assign_public_ip
    desiredCount   = var.desired_count
    logGroup       = aws_cloudwatch_log_group.this.name
    deployment = {
      minimumHealthyPercent = var.deployment.minimum_healthy_percent
      maximumPercent        = var.deployment.maximum_percent
      circuitBreaker        = { enable = true, rollback = var.deployment.rollback }
    }
  }
  tags = var.tags
}
