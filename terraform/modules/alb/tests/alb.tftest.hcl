mock_provider "aws" {
  mock_resource "aws_lb" {
    defaults = {
      arn = "arn:aws:elasticloadbalancing:eu-west-1:111111111111:loadbalancer/app/shop-dev/1"
    }
  }

  mock_resource "aws_lb_listener" {
    defaults = {
      arn = "arn:aws:elasticloadbalancing:eu-west-1:111111111111:listener/app/shop-dev/1/2"
    }
  }
}

variables {
  name        = "shop-dev"
  certificate = { arn = "arn:aws:acm:eu-west-1:111111111111:certificate/1" }
  network = {
    vpc_id     = "vpc-1"
    subnet_ids = ["subnet-1", "subnet-2"]
  }
}

run "serves_https_and_sends_http_on" {
  assert {
    condition     = !aws_lb.this.internal && aws_lb.this.drop_invalid_header_fields && !aws_lb.this.enable_deletion_protection
    error_message = "for users, without malformed headers"
  }

  assert {
    condition     = aws_lb_listener.https[0].port == 443 && aws_lb_listener.https[0].certificate_arn == var.certificate.arn && strcontains(aws_lb_listener.https[0].ssl_policy, "TLS13")
    error_message = "HTTPS with today's TLS"
  }

  assert {
    condition     = aws_lb_listener.http.default_action[0].redirect[0].status_code == "HTTP_301" && aws_lb_listener.http.default_action[0].redirect[0].protocol == "HTTPS"
    error_message = "HTTP is sent on"
  }

  assert {
    condition     = toset([for rule in aws_vpc_security_group_ingress_rule.clients : rule.from_port]) == toset([80, 443]) && length(aws_vpc_security_group_ingress_rule.testers) == 0
    error_message = "nothing but 80 and 443 is open"
  }
}

run "serves_plain_http_without_a_certificate" {
  variables {
    certificate = null
  }

  assert {
    condition     = length(aws_lb_listener.https) == 0 && aws_lb_listener.http.default_action[0].type == "fixed-response" && output.listener_arn == aws_lb_listener.http.arn
    error_message = "services add their rules to the HTTP listener"
  }

  assert {
    condition     = [for rule in aws_vpc_security_group_ingress_rule.clients : rule.from_port] == [80]
    error_message = "443 stays closed"
  }
}

run "has_a_test_listener_for_those_who_test" {
  variables {
    test_listener = { cidr_blocks = ["10.0.0.0/16"] }
    production    = true
  }

  assert {
    condition     = aws_lb_listener.test[0].port == 8443 && aws_vpc_security_group_ingress_rule.testers["10.0.0.0/16"].from_port == 8443
    error_message = "the test listener is open to those who test"
  }

  assert {
    condition     = aws_lb.this.enable_deletion_protection
    error_message = "production is protected"
  }
}

run "refuses_values_that_are_not_allowed" {
  command = plan

  variables {
    name                 = "internal-shop"
    network              = { vpc_id = "vpc-1", subnet_ids = ["subnet-1"] }
    client_cidr_blocks   = ["everybody"]
    test_listener        = { port = 443, cidr_blocks = ["10.0.0.0/16"] }
    idle_timeout_seconds = 0
  }

  expect_failures = [
    var.name, var.network, var.client_cidr_blocks, var.test_listener, var.idle_timeout_seconds,
  ]
}
