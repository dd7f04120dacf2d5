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
