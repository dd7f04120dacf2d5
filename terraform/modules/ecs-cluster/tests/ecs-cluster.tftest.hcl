mock_provider "aws" {}

variables {
  name = "shop-dev"
}

run "offers_fargate_and_spot_with_insights_on" {
  command = plan

  assert {
    condition     = aws_ecs_cluster_capacity_providers.this[0].capacity_providers == toset(["FARGATE", "FARGATE_SPOT"])
    error_message = "both Fargate capacity providers must be attached"
  }

  assert {
    condition     = one(aws_ecs_cluster_capacity_providers.this[0].default_capacity_provider_strategy).capacity_provider == "FARGATE"
    error_message = "tasks must run on demand by default"
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
      for strategy in aws_ecs_cluster_capacity_providers.this[0].default_capacity_provider_strategy :
      strategy.capacity_provider => [strategy.base, strategy.weight]
    } == { FARGATE = [1, 1], FARGATE_SPOT = [0, 3] }
    error_message = "the strategy must carry base and weight of each provider"
  }
}

run "attaches_nothing_where_nothing_is_asked" {
  command = plan

  variables {
    capacity_providers = []
  }

  assert {
    condition     = length(aws_ecs_cluster_capacity_providers.this) == 0 && output.name == "shop-dev"
    error_message = "without capacity providers there is no association, and the name is the cluster's"
  }
}

run "has_no_default_without_fargate" {
  command = plan

  variables {
    capacity_providers = ["FARGATE_SPOT"]
  }

  assert {
    condition     = length(aws_ecs_cluster_capacity_providers.this[0].default_capacity_provider_strategy) == 0
    error_message = "Spot must never be a default that nobody chose"
  }
}

run "refuses_a_default_that_is_not_attached" {
  command = plan

  variables {
    capacity_providers = ["FARGATE"]
    default_capacity   = [{ provider = "FARGATE_SPOT" }]
  }

  expect_failures = [var.default_capacity]
}

run "refuses_two_bases" {
  command = plan

  variables {
    default_capacity = [{ provider = "FARGATE_SPOT", base = 1 }, { provider = "FARGATE", base = 1 }]
  }

  expect_failures = [var.default_capacity]
}

run "refuses_values_that_are_not_allowed" {
  command = plan

  variables {
    name               = "1shop"
    container_insights = "on"
    capacity_providers = ["FARGATE", "EC2"]
  }

  expect_failures = [var.name, var.container_insights, var.capacity_providers]
}
