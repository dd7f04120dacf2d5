mock_provider "aws" {}

variables {
  name = "shop-dev"
  vpc = {
    id         = "vpc-0123456789abcdef0"
    cidr_block = "10.0.0.0/16"
  }
}

run "admits_the_vpc_only" {
  command = plan

  variables {
    app_ports = [8080, 9090]
  }

  assert {
    condition     = keys(aws_vpc_security_group_ingress_rule.app) == ["8080", "9090"]
    error_message = "one ingress rule a port"
  }

  assert {
    condition     = alltrue([for rule in aws_vpc_security_group_ingress_rule.app : rule.cidr_ipv4 == "10.0.0.0/16"])
    error_message = "no rule may admit anything from outside the VPC"
  }
}

run "can_be_replaced_while_in_use" {
  command = plan

  assert {
    condition     = aws_security_group.app.name_prefix == "shop-dev-app-"
    error_message = "a fixed name would clash with the group that is being replaced"
  }
}

run "refuses_ports_that_do_not_exist" {
  command = plan

  variables {
    app_ports = [0, 8080]
  }

  expect_failures = [var.app_ports]
}
