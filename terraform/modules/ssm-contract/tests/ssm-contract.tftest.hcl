mock_provider "aws" {}

variables {
  contract = {
    project        = "shop"
    service        = "service-a"
    environment    = "dev"
    cluster        = "shop-dev"
    serviceName    = "shop-service-a-dev"
    templateFamily = "shop-service-a-dev-template"
    liveFamily     = "shop-service-a-dev"
    container      = "app"
    containerPort  = 8080
    repository     = "shop/service-a"
    subnets        = ["subnet-0a", "subnet-0b"]
    securityGroups = ["sg-0a"]
    assignPublicIp = false
    desiredCount   = 2
    logGroup       = "/ecs/shop-service-a-dev"
    deployment = {
      minimumHealthyPercent = 100
      maximumPercent        = 200
      circuitBreaker        = { enable = true, rollback = true }
    }
  }
}

run "writes_the_contract_in_clear" {
  command = plan

  assert {
    condition     = aws_ssm_parameter.deploy.name == "/dev/shop/service-a/deploy" && aws_ssm_parameter.deploy.type == "String"
    error_message = "the contract stands at /{environment}/{project}/{service}/deploy"
  }

  assert {
    condition = jsondecode(aws_ssm_parameter.deploy.insecure_value) == {
      version        = 1
      project        = "shop"
      service        = "service-a"
      environment    = "dev"
      cluster        = "shop-dev"
      serviceName    = "shop-service-a-dev"
      strategy       = "rolling"
      templateFamily = "shop-service-a-dev-template"
      liveFamily     = "shop-service-a-dev"
      container      = "app"
      containerPort  = 8080
      repository     = "shop/service-a"
      subnets        = ["subnet-0a", "subnet-0b"]
      securityGroups = ["sg-0a"]
      assignPublicIp = false
      desiredCount   = 2
      logGroup       = "/ecs/shop-service-a-dev"
      deployment = {
        minimumHealthyPercent = 100
        maximumPercent        = 200
        circuitBreaker        = { enable = true, rollback = true }
      }
    }
    error_message = "the parameter must hold exactly what was given, with the defaults and without nulls"
  }
}

run "carries_every_key_that_the_schema_requires_and_no_other" {
  command = plan

  assert {
    condition = length(setsubtract(
      jsondecode(file("./schema.json")).required,
      keys(jsondecode(aws_ssm_parameter.deploy.insecure_value)),
    )) == 0
    error_message = "a key that schema.json requires is missing"
  }

  assert {
    condition = length(setsubtract(
      keys(jsondecode(aws_ssm_parameter.deploy.insecure_value)),
      keys(jsondecode(file("./schema.json")).properties),
    )) == 0
    error_message = "a key that schema.json does not know is written"
  }
}

run "leaves_out_roles_that_are_not_given" {
  command = plan

  variables {
    contract = {
      project        = "shop"
      service        = "service-a"
      environment    = "dev"
      cluster        = "shop-dev"
      serviceName    = "shop-service-a-dev"
      templateFamily = "shop-service-a-dev-template"
      liveFamily     = "shop-service-a-dev"
      container      = "app"
      repository     = "shop/service-a"
      subnets        = ["subnet-0a"]
      securityGroups = ["sg-0a"]
      assignPublicIp = false
      desiredCount   = 2
      logGroup       = "/ecs/shop-service-a-dev"
      deployment = {
        minimumHealthyPercent = 100
        maximumPercent        = 200
        circuitBreaker        = { enable = true, rollback = true }
      }
      taskRoles = { task = "arn:aws:iam::123456789012:role/migrate" }
    }
  }

  assert {
    condition     = jsondecode(aws_ssm_parameter.deploy.insecure_value).taskRoles == { task = "arn:aws:iam::123456789012:role/migrate" }
    error_message = "only the role that was given may be written"
  }
}

run "refuses_a_reserved_service_name" {
  command = plan

  variables {
    contract = {
      project        = "shop"
      service        = "release"
      environment    = "dev"
      cluster        = "shop-dev"
      serviceName    = "shop-release-dev"
      templateFamily = "shop-release-dev-template"
      liveFamily     = "shop-release-dev"
      container      = "app"
      repository     = "shop/release"
      subnets        = ["subnet-0a"]
      securityGroups = ["sg-0a"]
      assignPublicIp = false
      desiredCount   = 2
      logGroup       = "/ecs/shop-release-dev"
      deployment = {
        minimumHealthyPercent = 100
        maximumPercent        = 200
        circuitBreaker        = { enable = true, rollback = true }
      }
    }
  }

  expect_failures = [var.contract]
}

run "names_the_deployment_group_of_codedeploy" {
  command = plan

  variables {
    contract = {
      project        = "shop"
      service        = "service-a"
      environment    = "dev"
      cluster        = "shop-dev"
      serviceName    = "shop-service-a-dev"
      templateFamily = "shop-service-a-dev-template"
      liveFamily     = "shop-service-a-dev"
      container      = "app"
      containerPort  = 8080
      repository     = "shop/service-a"
      subnets        = ["subnet-0a"]
      securityGroups = ["sg-0a"]
      assignPublicIp = false
      desiredCount   = 2
      logGroup       = "/ecs/shop-service-a-dev"
      deployment = {
        minimumHealthyPercent = 100
        maximumPercent        = 200
        circuitBreaker        = { enable = true, rollback = true }
      }
      strategy   = "code-deploy"
      codeDeploy = { application = "shop", deploymentGroup = "service-a-dev" }
    }
  }

  assert {
    condition     = jsondecode(aws_ssm_parameter.deploy.insecure_value).codeDeploy == { application = "shop", deploymentGroup = "service-a-dev" }
    error_message = "the deployment group must be written as it was given"
  }

  assert {
    condition = length(setsubtract(
      keys(jsondecode(aws_ssm_parameter.deploy.insecure_value)),
      keys(jsondecode(file("./schema.json")).properties),
    )) == 0
    error_message = "a key that schema.json does not know is written"
  }
}

run "refuses_codedeploy_with_another_strategy" {
  command = plan

  variables {
    contract = {
      project        = "shop"
      service        = "service-a"
      environment    = "dev"
      cluster        = "shop-dev"
      serviceName    = "shop-service-a-dev"
      templateFamily = "shop-service-a-dev-template"
      liveFamily     = "shop-service-a-dev"
      container      = "app"
      containerPort  = 8080
      repository     = "shop/service-a"
      subnets        = ["subnet-0a"]
      securityGroups = ["sg-0a"]
      assignPublicIp = false
      desiredCount   = 2
      logGroup       = "/ecs/shop-service-a-dev"
      deployment = {
        minimumHealthyPercent = 100
        maximumPercent        = 200
        circuitBreaker        = { enable = true, rollback = true }
      }
      codeDeploy = { application = "shop", deploymentGroup = "service-a-dev" }
    }
  }

  expect_failures = [var.contract]
}

run "refuses_an_empty_name_of_codedeploy" {
  command = plan

  variables {
    contract = {
      project        = "shop"
      service        = "service-a"
      environment    = "dev"
      cluster        = "shop-dev"
      serviceName    = "shop-service-a-dev"
      templateFamily = "shop-service-a-dev-template"
      liveFamily     = "shop-service-a-dev"
      container      = "app"
      containerPort  = 8080
      repository     = "shop/service-a"
      subnets        = ["subnet-0a"]
      securityGroups = ["sg-0a"]
      assignPublicIp = false
      desiredCount   = 2
      logGroup       = "/ecs/shop-service-a-dev"
      deployment = {
        minimumHealthyPercent = 100
        maximumPercent        = 200
        circuitBreaker        = { enable = true, rollback = true }
      }
      strategy   = "code-deploy"
      codeDeploy = { application = "", deploymentGroup = "service-a-dev" }
    }
  }

  expect_failures = [var.contract]
}

run "names_the_variable_of_the_count" {
  command = plan

  variables {
    contract = {
      project        = "shop"
      service        = "service-a"
      environment    = "dev"
      cluster        = "shop-dev"
      serviceName    = "shop-service-a-dev"
      templateFamily = "shop-service-a-dev-template"
      liveFamily     = "shop-service-a-dev"
      container      = "app"
      repository     = "shop/service-a"
      subnets        = ["subnet-0a"]
      securityGroups = ["sg-0a"]
      assignPublicIp = false
      desiredCount   = 2
      logGroup       = "/ecs/shop-service-a-dev"
      deployment = {
        minimumHealthyPercent = 100
        maximumPercent        = 200
        circuitBreaker        = { enable = true, rollback = true }
      }
      desiredCountVariable = "service_a_desired_count"
    }
  }

  assert {
    condition     = jsondecode(aws_ssm_parameter.deploy.insecure_value).desiredCountVariable == "service_a_desired_count"
    error_message = "the contract must name the variable"
  }
}

run "refuses_what_is_no_name_of_a_variable" {
  command = plan

  variables {
    contract = {
      project        = "shop"
      service        = "service-a"
      environment    = "dev"
      cluster        = "shop-dev"
      serviceName    = "shop-service-a-dev"
      templateFamily = "shop-service-a-dev-template"
      liveFamily     = "shop-service-a-dev"
      container      = "app"
      repository     = "shop/service-a"
      subnets        = ["subnet-0a"]
      securityGroups = ["sg-0a"]
      assignPublicIp = false
      desiredCount   = 2
      logGroup       = "/ecs/shop-service-a-dev"
      deployment = {
        minimumHealthyPercent = 100
        maximumPercent        = 200
        circuitBreaker        = { enable = true, rollback = true }
      }
      desiredCountVariable = "a b"
    }
  }

  expect_failures = [var.contract]
}

run "gives_each_task_a_parameter_of_its_own" {
  command = plan

  variables {
    tasks = {
      nightly = {
        kind                    = "scheduled"
        template_family         = "shop-service-a-nightly-dev-template"
        live_family             = "shop-service-a-nightly-dev"
        container               = "job"
        enable_on_first_release = { kind = "schedule", group = "shop-dev", name = "nightly" }
      }
      orders = {
        kind                    = "event"
        template_family         = "shop-service-a-orders-dev-template"
        live_family             = "shop-service-a-orders-dev"
        container               = "job"
        subnets                 = ["subnet-0b"]
        security_groups         = ["sg-0b"]
        assign_public_ip        = true
        enable_on_first_release = { kind = "rule", name = "orders" }
      }
    }
  }

  assert {
    condition     = { for name, task in aws_ssm_parameter.task : name => task.name } == { nightly = "/dev/shop/service-a/deploy/tasks/nightly", orders = "/dev/shop/service-a/deploy/tasks/orders" }
    error_message = "a task stands at /{environment}/{project}/{service}/deploy/tasks/{name}"
  }

  assert {
    condition = jsondecode(aws_ssm_parameter.task["nightly"].insecure_value) == {
      version              = 1
      name                 = "nightly"
      kind                 = "scheduled"
      templateFamily       = "shop-service-a-nightly-dev-template"
      liveFamily           = "shop-service-a-nightly-dev"
      container            = "job"
      enableOnFirstRelease = { kind = "schedule", group = "shop-dev", name = "nightly" }
    }
    error_message = "the parameter must hold exactly what was given, without nulls"
  }

  assert {
    condition = jsondecode(aws_ssm_parameter.task["orders"].insecure_value) == {
      version              = 1
      name                 = "orders"
      kind                 = "event"
      templateFamily       = "shop-service-a-orders-dev-template"
      liveFamily           = "shop-service-a-orders-dev"
      container            = "job"
      subnets              = ["subnet-0b"]
      securityGroups       = ["sg-0b"]
      assignPublicIp       = true
      enableOnFirstRelease = { kind = "rule", bus = "default", name = "orders" }
    }
    error_message = "a rule has a bus and no group"
  }

  assert {
    condition = length(setsubtract(
      jsondecode(file("./task-schema.json")).required,
      keys(jsondecode(aws_ssm_parameter.task["nightly"].insecure_value)),
      )) == 0 && length(setsubtract(
      keys(jsondecode(aws_ssm_parameter.task["orders"].insecure_value)),
      keys(jsondecode(file("./task-schema.json")).properties),
    )) == 0
    error_message = "the parameter must carry every key that task-schema.json requires, and no other"
  }
}

run "refuses_a_task_in_the_family_of_the_service" {
  command = plan

  variables {
    tasks = {
      nightly = {
        kind            = "scheduled"
        template_family = "shop-service-a-nightly-dev-template"
        live_family     = "shop-service-a-dev"
        container       = "job"
      }
    }
  }

  expect_failures = [var.tasks]
}

run "refuses_an_unknown_kind_of_task" {
  command = plan

  variables {
    tasks = {
      nightly = {
        kind            = "cron"
        template_family = "a-template"
        live_family     = "a"
        container       = "job"
      }
    }
  }

  expect_failures = [var.tasks]
}
