mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_region" {
    defaults = { name = "eu-west-1" }
  }
  mock_data "aws_ssm_parameters_by_path" {
    defaults = { names = [] }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/mock" }
  }
  mock_resource "aws_ecs_task_definition" {
    defaults = { arn = "arn:aws:ecs:eu-west-1:123456789012:task-definition/shop-service-a-dev-template:1" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-west-1:123456789012:log-group:/ecs/shop-service-a-dev" }
  }
  mock_resource "aws_service_discovery_service" {
    defaults = { arn = "arn:aws:servicediscovery:eu-west-1:123456789012:service/srv-1" }
  }
}

variables {
  project      = "shop"
  service      = "service-a"
  environment  = "dev"
  cluster_name = "shop-dev"
  network = {
    subnet_ids         = ["subnet-0a", "subnet-0b"]
    security_group_ids = ["sg-0a"]
  }
  desired_count = 2
}

run "has_no_tasks_before_the_first_release" {
  assert {
    condition     = aws_ecs_service.this.desired_count == 0
    error_message = "a service without an image must have 0 tasks"
  }

  assert {
    condition     = jsondecode(aws_ecs_task_definition.template.container_definitions)[0].image == "placeholder.invalid/set-by-ecs-deploy:none"
    error_message = "the template must hold no image that exists"
  }

  assert {
    condition     = aws_ecs_task_definition.template.family == "shop-service-a-dev-template" && aws_ecs_service.this.name == "shop-service-a-dev"
    error_message = "names must follow <project>-<service>-<environment>"
  }
}

run "has_the_desired_count_once_released" {
  command = plan

  override_data {
    target = data.aws_ssm_parameters_by_path.release
    values = { names = ["/dev/shop/service-a/release/current"] }
  }

  assert {
    condition     = aws_ecs_service.this.desired_count == 2
    error_message = "a released service must have its desired count"
  }
}

run "is_not_released_by_other_parameters" {
  command = plan

  override_data {
    target = data.aws_ssm_parameters_by_path.release
    values = { names = ["/dev/shop/service-a/release/history"] }
  }

  assert {
    condition     = aws_ecs_service.this.desired_count == 0
    error_message = "only release/current counts as a release"
  }
}

run "gives_the_execution_role_only_this_service" {
  variables {
    container = {
      secrets = {
        DATABASE_PASSWORD = "arn:aws:ssm:eu-west-1:123456789012:parameter/dev/shop/postgres_password"
        API_KEY           = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop-AbCdEf:key::"
      }
    }
    image_repository = { account_id = "111111111111", region = "us-east-1" }
  }

  assert {
    condition = {
      for statement in jsondecode(aws_iam_role_policy.execution.policy).Statement : statement.Sid => statement.Resource
      } == {
      RegistryToken  = ["*"]
      PullImage      = ["arn:aws:ecr:us-east-1:111111111111:repository/shop/service-a"]
      WriteLogs      = ["arn:aws:logs:eu-west-1:123456789012:log-group:/ecs/shop-service-a-dev:*"]
      ReadParameters = ["arn:aws:ssm:eu-west-1:123456789012:parameter/dev/shop/postgres_password"]
      ReadSecrets    = ["arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop-AbCdEf"]
    }
    error_message = "the execution role must reach this service's repository, logs and secrets, and nothing else"
  }

  assert {
    condition = jsondecode(aws_ecs_task_definition.template.container_definitions)[0].secrets == [
      { name = "API_KEY", valueFrom = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop-AbCdEf:key::" },
      { name = "DATABASE_PASSWORD", valueFrom = "arn:aws:ssm:eu-west-1:123456789012:parameter/dev/shop/postgres_password" },
    ]
    error_message = "secrets must reach the container by reference"
  }
}

run "is_found_by_name_with_service_discovery" {
  variables {
    service_discovery = { namespace_id = "ns-1", namespace_name = "dev.shop.internal" }
  }

  assert {
    condition     = output.service_url == "http://service-a.dev.shop.internal:8080"
    error_message = "the URL must name the service in its namespace"
  }

  assert {
    condition     = one(aws_ecs_service.this.service_registries).registry_arn == output.service_discovery_arn
    error_message = "tasks must register in the service's own registry"
  }
}

run "has_no_url_without_service_discovery" {
  assert {
    condition     = output.service_url == null && output.service_discovery_arn == null
    error_message = "without a namespace there is no name"
  }
}

run "grants_the_application_what_is_asked" {
  variables {
    task_policy_statements = [{ sid = "Sessions", actions = ["dynamodb:GetItem"], resources = ["arn:aws:dynamodb:eu-west-1:123456789012:table/sessions"] }]
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.task[0].policy).Statement == [{
      Sid = "Sessions", Effect = "Allow", Action = ["dynamodb:GetItem"], Resource = ["arn:aws:dynamodb:eu-west-1:123456789012:table/sessions"]
    }]
    error_message = "the task role must hold exactly the given statements"
  }
}

run "runs_on_fargate_on_any_cluster" {
  command = plan

  assert {
    condition     = aws_ecs_service.this.launch_type == "FARGATE" && length(aws_ecs_service.this.capacity_provider_strategy) == 0
    error_message = "without capacity providers the launch type must say Fargate: ECS would take EC2"
  }
}

run "spreads_tasks_over_capacity_providers" {
  # A service of its own: the launch type of an existing one stays.
  state_key = "capacity"

  variables {
    capacity = [{ provider = "FARGATE", base = 1 }, { provider = "FARGATE_SPOT", weight = 3 }]
  }

  assert {
    condition = {
      for strategy in aws_ecs_service.this.capacity_provider_strategy :
      strategy.capacity_provider => [strategy.base, strategy.weight]
    } == { FARGATE = [1, 1], FARGATE_SPOT = [0, 3] }
    error_message = "the strategy must carry base and weight of each provider"
  }

  assert {
    condition     = aws_ecs_service.this.launch_type != "FARGATE"
    error_message = "ECS refuses a launch type beside capacity providers"
  }
}

run "refuses_values_that_are_not_allowed" {
  command = plan

  variables {
    network       = { subnet_ids = [], security_group_ids = ["sg-0a"] }
    desired_count = 1.5
    container = {
      environment  = { TOKEN = "a" }
      secrets      = { TOKEN = "plain" }
      health_check = { command = ["/server", "health"] }
    }
    task_size          = { cpu = 256, memory_mib = 4096 }
    capacity           = [{ provider = "EC2" }]
    deployment         = { minimum_healthy_percent = 100, maximum_percent = 100 }
    log_retention_days = 2
  }

  expect_failures = [
    var.network, var.desired_count, var.container, var.task_size,
    var.capacity, var.deployment, var.log_retention_days,
  ]
}
