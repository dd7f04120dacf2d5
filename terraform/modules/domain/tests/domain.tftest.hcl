mock_provider "aws" {
  mock_data "aws_route53_zone" {
    defaults = {
      zone_id = "Z1"
    }
  }
}

override_resource {
  target = aws_acm_certificate.this["wildcard"]
  values = {
    arn                       = "arn:aws:acm:eu-west-1:111111111111:certificate/1"
    domain_validation_options = [{ domain_name = "dev.example.com", resource_record_name = "_a.dev.example.com.", resource_record_type = "CNAME", resource_record_value = "_b.acm-validations.aws." }]
  }
}

override_resource {
  target = aws_acm_certificate.this["api"]
  values = {
    arn                       = "arn:aws:acm:eu-west-1:111111111111:certificate/2"
    domain_validation_options = [{ domain_name = "api.dev.example.com", resource_record_name = "_c.api.dev.example.com.", resource_record_type = "CNAME", resource_record_value = "_d.acm-validations.aws." }]
  }
}

variables {
  domain_name = "dev.example.com"
  zone        = { name = "example.com" }
}

run "names_the_domain_its_children_and_the_api" {
  assert {
    condition     = aws_acm_certificate.this["wildcard"].domain_name == "dev.example.com" && contains(aws_acm_certificate.this["wildcard"].subject_alternative_names, "*.dev.example.com")
    error_message = "the wildcard names the domain too"
  }

  assert {
    condition     = aws_acm_certificate.this["api"].domain_name == "api.dev.example.com" && output.api_name == "api.dev.example.com"
    error_message = "the API has its own certificate"
  }

  assert {
    condition     = aws_route53_record.validation["api"].name == "_c.api.dev.example.com." && aws_route53_record.validation["wildcard"].zone_id == "Z1"
    error_message = "certificates are proven by records in the zone that is there"
  }

  assert {
    condition     = length(aws_route53_zone.this) == 0 && length(output.name_servers) == 0
    error_message = "no zone is made unless asked for"
  }
}

run "makes_the_zone_where_asked" {
  variables {
    zone = { create = true }
  }

  assert {
    condition     = aws_route53_zone.this[0].name == "dev.example.com"
    error_message = "the zone of the domain itself"
  }
}

run "refuses_values_that_are_not_allowed" {
  command = plan

  variables {
    domain_name = "Example"
    zone        = {}
    api_prefix  = "a.b"
  }

  expect_failures = [var.domain_name, var.api_prefix]
}

run "refuses_a_zone_that_is_no_parent" {
  command = plan

  variables {
    zone = { name = "other.com" }
  }

  expect_failures = [var.zone]
}
