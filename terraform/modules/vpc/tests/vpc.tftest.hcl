mock_provider "aws" {
  mock_data "aws_availability_zones" {
    defaults = {
      names = ["eu-west-1c", "eu-west-1a", "eu-west-1b"]
    }
  }
}

variables {
  name = "shop-dev"
}

run "numbers_subnets_by_tier_and_zone" {
  command = plan

  assert {
    condition = { for zone, subnet in aws_subnet.public : zone => subnet.cidr_block } == {
      "eu-west-1a" = "10.0.0.0/20"
      "eu-west-1b" = "10.0.16.0/20"
      "eu-west-1c" = "10.0.32.0/20"
    }
    error_message = "public subnets must be sixteenths 0, 1, 2 of the range, by sorted zone"
  }

  assert {
    condition = { for zone, subnet in aws_subnet.private : zone => subnet.cidr_block } == {
      "eu-west-1a" = "10.0.128.0/20"
      "eu-west-1b" = "10.0.144.0/20"
      "eu-west-1c" = "10.0.160.0/20"
    }
    error_message = "private subnets must be sixteenths 8, 9, 10 of the range, by sorted zone"
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 0 && length(aws_route.nat) == 0
    error_message = "without NAT no private subnet may have a default route"
  }
}

run "keeps_numbers_with_fewer_zones" {
  command = plan

  variables {
    availability_zone_count = 2
  }

  assert {
    condition     = aws_subnet.private["eu-west-1b"].cidr_block == "10.0.144.0/20" && length(aws_subnet.private) == 2
    error_message = "a zone keeps its subnet number whatever the number of zones"
  }
}

run "shares_one_nat_gateway" {
  variables {
    nat = "one"
  }

  assert {
    condition     = keys(aws_nat_gateway.this) == ["eu-west-1a"] && length(aws_route.nat) == 3
    error_message = "one NAT gateway in the first zone, and a route to it from each zone"
  }
}

run "makes_a_nat_gateway_for_each_zone" {
  variables {
    nat = "per-az"
  }

  assert {
    condition = alltrue([
      for zone, route in aws_route.nat : route.nat_gateway_id == aws_nat_gateway.this[zone].id
    ]) && length(aws_nat_gateway.this) == 3
    error_message = "each zone's route must lead to the NAT gateway of the same zone"
  }
}

run "refuses_values_that_are_not_allowed" {
  command = plan

  variables {
    name                    = "Shop"
    cidr_block              = "10.0.0.0/8"
    availability_zone_count = 7
    nat                     = "many"
  }

  expect_failures = [var.name, var.cidr_block, var.availability_zone_count, var.nat]
}

run "refuses_more_zones_than_the_region_has" {
  command = plan

  variables {
    availability_zone_count = 4
  }

  expect_failures = [data.aws_availability_zones.available]
}
