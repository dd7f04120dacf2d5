mock_provider "aws" {
  mock_data "aws_region" {
    defaults = {
      name = "eu-west-1"
    }
  }

  mock_resource "aws_cognito_user_pool" {
    defaults = {
      id  = "eu-west-1_abcDEF123"
      arn = "arn:aws:cognito-idp:eu-west-1:111111111111:userpool/eu-west-1_abcDEF123"
    }
  }
}

variables {
  name = "shop-dev"
}

run "verifies_addresses_and_offers_mfa" {
  assert {
    condition     = aws_cognito_user_pool.this.auto_verified_attributes == toset(["email"]) && aws_cognito_user_pool.this.mfa_configuration == "OPTIONAL" && aws_cognito_user_pool.this.software_token_mfa_configuration[0].enabled
    error_message = "addresses are verified, and MFA is there for who wants it"
  }

  assert {
    condition     = aws_cognito_user_pool.this.password_policy[0].minimum_length == 8
    error_message = "eight characters at least"
  }

  assert {
    condition     = keys(aws_cognito_user_group.this) == ["admin", "test"]
    error_message = "the groups admin and test"
  }

  assert {
    condition     = length(aws_cognito_user_pool_client.this) == 0 && length(aws_cognito_user_pool_domain.this) == 0
    error_message = "clients and sign-in pages are choices"
  }
}

run "has_public_clients_without_a_secret" {
  variables {
    clients       = { web = { callback_urls = ["https://shop.example/in"] }, dashboard = { callback_urls = ["http://localhost:3000/in"] } }
    domain_prefix = "shop-dev-auth"
  }

  assert {
    condition     = alltrue([for client in aws_cognito_user_pool_client.this : !client.generate_secret && client.allowed_oauth_flows == toset(["code"])])
    error_message = "clients get codes, and keep no secret"
  }

  assert {
    condition     = keys(output.client_ids) == ["dashboard", "web"]
    error_message = "each client's id is told"
  }

  assert {
    condition     = output.sign_in_url == "https://shop-dev-auth.auth.eu-west-1.amazoncognito.com"
    error_message = "the address of the sign-in pages"
  }
}

run "refuses_values_that_are_not_allowed" {
  command = plan

  variables {
    name                    = ""
    groups                  = ["a group"]
    clients                 = { web = { callback_urls = ["http://shop.example"], access_token_minutes = 1 } }
    domain_prefix           = "my-aws-login"
    password_minimum_length = 7
  }

  expect_failures = [var.name, var.groups, var.clients, var.domain_prefix, var.password_minimum_length]
}
