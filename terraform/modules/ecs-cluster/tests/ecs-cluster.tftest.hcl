mock_provider "aws" {}

variables {
  name = "shop-dev"
}

run "offers_fargate_and_spot_with_insights_on" {
  command = plan

  assert {
    condition     = aws_ecs_cluster_capacity_providers.this.capacity_providers == toset(["FARGATE", "FARGATE_SPOT"])
    error_message = "both Fargate capacity providers must be attached"
  }

  assert {
    condition     = [for setting in aws_ecs_cluster.this.setting : setting.value if setting.name == "containerInsights"] == ["enabled"]
    error_message = "container insights must be on by default"
  }
}

run "splits_tasks_between_on_demand_and_spot" {
  command = plan

  variables {
    default_capacity = [
      { provider = "FARGATE", base = 1 },
      { provider = "FARGATE_SPOT", weight = 3 },
    ]
  }

  assert {
    condition = {
      for strategy in aws_ecs_cluster_capacity_providers.this.default_capacity_provider_strategy :
      strategy.capacity_provider => [strategy.base, strategy.weight]
    } == { FARGATE = [1, 1], FARGATE_SPOT = [0, 3] }
    error_message = "the strategy must carry base and weight of each provider"
  }
}

run "refuses_values_that_are_not_allowed" {
  command = plan

  variables {
    name               = "1shop"
    container_insights = "on"
    default_capacity   = [{ provider = "EC2", base = 1 }, { provider = "FARGATE", base = 1 }]
  }

  expect_failures = [var.name, var.container_insights, var.default_capacity]
}
