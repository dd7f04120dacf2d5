mock_provider "aws" {
  mock_data "aws_region" {
    defaults = {
      name = "eu-west-1"
    }
  }

  mock_resource "aws_ses_domain_identity" {
    defaults = {
      arn = "arn:aws:ses:eu-west-1:111111111111:identity/mail.example.com"
    }
  }

  mock_resource "aws_ses_domain_dkim" {
    defaults = {
      dkim_tokens = ["one", "two", "three"]
    }
  }

  mock_resource "aws_ses_email_identity" {
    defaults = {
      arn = "arn:aws:ses:eu-west-1:111111111111:identity/admin@example.com"
    }
  }
}

variables {
  domain_name = "mail.example.com"
  zone        = { id = "Z1" }
}

run "has_the_records_that_receivers_ask_for" {
  assert {
    condition     = length([for record in aws_route53_record.this : record if record.type == "CNAME"]) == 3
    error_message = "DKIM has three records"
  }

  assert {
    condition     = startswith(one(aws_route53_record.this["spf"].records), "v=spf1 ") && one(aws_route53_record.this["dmarc"].records) == "v=DMARC1; p=none" && aws_route53_record.this["dmarc"].name == "_dmarc.mail.example.com"
    error_message = "SPF and DMARC"
  }

  assert {
    condition     = one(aws_route53_record.this["mail-from"].records) == "10 feedback-smtp.eu-west-1.amazonses.com"
    error_message = "bounces come back to SES of this region"
  }
}

run "makes_no_record_without_a_zone" {
  variables {
    zone        = null
    test_emails = ["admin@example.com"]
    dmarc       = { policy = "reject", report_address = "dmarc@example.com" }
  }

  assert {
    condition     = length(aws_route53_record.this) == 0 && output.records["dmarc"].value == "v=DMARC1; p=reject; rua=mailto:dmarc@example.com"
    error_message = "the records are told, not made"
  }

  assert {
    condition     = keys(aws_ses_email_identity.test) == ["admin@example.com"] && contains(output.send_statements[0].resources, "arn:aws:ses:eu-west-1:111111111111:identity/admin@example.com")
    error_message = "each address is verified, and may be sent to"
  }
}

run "refuses_values_that_are_not_allowed" {
  command = plan

  variables {
    domain_name = "Mail"
    dmarc       = { policy = "block" }
    test_emails = ["admin"]
  }

  expect_failures = [var.domain_name, var.dmarc, var.test_emails]
}
