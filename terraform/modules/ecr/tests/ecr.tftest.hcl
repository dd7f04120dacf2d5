mock_provider "aws" {
  mock_data "aws_partition" {
    defaults = {
      partition = "aws"
    }
  }
}

variables {
  name = "shop/service-a"
}

run "is_immutable_scanned_and_keeps_ten" {
  command = plan

  assert {
    condition     = aws_ecr_repository.this.image_tag_mutability == "IMMUTABLE" && aws_ecr_repository.this.image_scanning_configuration[0].scan_on_push
    error_message = "tags must be immutable and images scanned on push"
  }

  assert {
    condition     = jsondecode(aws_ecr_lifecycle_policy.this.policy).rules[0].selection.countNumber == 10
    error_message = "ten images are kept by default"
  }

  assert {
    condition     = length(aws_ecr_repository_policy.this) == 0
    error_message = "no other account may pull by default"
  }
}

run "lets_other_accounts_pull_but_not_push" {
  command = plan

  variables {
    pull_account_ids = ["222222222222", "333333333333"]
  }

  assert {
    condition = jsondecode(aws_ecr_repository_policy.this[0].policy).Statement[0].Principal.AWS == [
      "arn:aws:iam::222222222222:root",
      "arn:aws:iam::333333333333:root",
    ]
    error_message = "exactly the named accounts may pull"
  }

  assert {
    condition     = !strcontains(aws_ecr_repository_policy.this[0].policy, "ecr:PutImage") && !strcontains(aws_ecr_repository_policy.this[0].policy, "ecr:*")
    error_message = "other accounts may not push"
  }
}

run "refuses_values_that_are_not_allowed" {
  command = plan

  variables {
    name             = "Shop/service-a"
    kept_image_count = 0
    pull_account_ids = ["1234"]
  }

  expect_failures = [var.name, var.kept_image_count, var.pull_account_ids]
}
