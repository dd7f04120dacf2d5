mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_resource "aws_iam_openid_connect_provider" {
    defaults = { arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com" }
  }
  mock_resource "aws_s3_bucket" {
    defaults = { arn = "arn:aws:s3:::shop-terraform-state" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/mock" }
  }
}

variables {
  project      = "shop"
  region       = "eu-west-1"
  environments = ["dev", "production"]
  github = {
    infrastructure_repository = { name = "org/shop-infrastructure" }
    application_repositories  = [{ name = "org/service-a" }]
  }
}

# plan only: prevent_destroy forbids the tear-down of an applied run.
run "trusts_each_purpose_with_its_own_subjects" {
  command = plan

  # Known at plan time, so that trust policies can be read.
  variables {
    oidc_provider_arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
  }

  assert {
    condition = toset(keys(aws_iam_role.github)) == toset([
      "dev-plan", "dev-apply", "dev-deploy", "dev-push",
      "production-plan", "production-apply", "production-deploy", "production-push",
    ])
    error_message = "four roles an environment"
  }

  assert {
    condition = jsondecode(aws_iam_role.github["dev-plan"].assume_role_policy).Statement[0].Condition == {
      StringEquals = { "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com" }
      StringLike = { "token.actions.githubusercontent.com:sub" = [
        "repo:org/shop-infrastructure:pull_request",
        "repo:org/shop-infrastructure:ref:refs/heads/main",
        "repo:org/shop-infrastructure:ref:refs/heads/gh-readonly-queue/main/*",
      ] }
    }
    error_message = "a plan role answers to pull requests, the default branch and the merge queue"
  }

  assert {
    condition = jsondecode(aws_iam_role.github["production-apply"].assume_role_policy).Statement[0].Condition == {
      StringEquals = {
        "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com"
        "token.actions.githubusercontent.com:ref" = "refs/heads/main"
      }
      StringLike = { "token.actions.githubusercontent.com:sub" = ["repo:org/shop-infrastructure:environment:production"] }
    }
    error_message = "an apply role answers to its environment on the default branch only"
  }

  assert {
    condition = jsondecode(aws_iam_role.github["dev-deploy"].assume_role_policy).Statement[0].Condition.StringLike == {
      "token.actions.githubusercontent.com:sub" = ["repo:org/service-a:environment:dev"]
    }
    error_message = "a deploy role answers to application repositories in its environment only"
  }

  assert {
    condition = jsondecode(aws_iam_role.github["dev-push"].assume_role_policy).Statement[0].Condition.StringLike == {
      "token.actions.githubusercontent.com:sub" = [
        "repo:org/service-a:environment:dev",
        "repo:org/service-a:ref:refs/heads/main",
      ]
    }
    error_message = "a push role also answers to the default branch, where images are built"
  }
}

run "accepts_subjects_with_ids_and_holds_on_to_the_repository" {
  command = plan

  variables {
    oidc_provider_arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
    github = {
      infrastructure_repository = { name = "org/shop-infrastructure", owner_id = "1", repository_id = "22" }
      application_repositories  = [{ name = "org/service-a", owner_id = "1", repository_id = "33" }]
    }
  }

  assert {
    condition = jsondecode(aws_iam_role.github["dev-apply"].assume_role_policy).Statement[0].Condition == {
      StringEquals = {
        "token.actions.githubusercontent.com:aud"           = "sts.amazonaws.com"
        "token.actions.githubusercontent.com:ref"           = "refs/heads/main"
        "token.actions.githubusercontent.com:repository_id" = ["22"]
      }
      StringLike = { "token.actions.githubusercontent.com:sub" = [
        "repo:org/shop-infrastructure:environment:dev",
        "repo:org@1/shop-infrastructure@22:environment:dev",
      ] }
    }
    error_message = "both forms of the subject, and the repository's id"
  }

  assert {
    condition     = jsondecode(aws_iam_role.github["dev-push"].assume_role_policy).Statement[0].Condition.StringEquals["token.actions.githubusercontent.com:repository_id"] == ["33"]
    error_message = "each role holds on to its own repositories"
  }
}

run "lets_legs_of_the_released_workflow_apply_behind_the_gate_of_their_environment" {
  command = plan

  variables {
    oidc_provider_arn   = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
    waves_workflow_refs = ["org/infra-actions/.github/workflows/terraform-apply-waves.yml@refs/tags/v1"]
    github = {
      infrastructure_repository = { name = "org/shop-infrastructure", owner_id = "1", repository_id = "22" }
      application_repositories  = [{ name = "org/service-a", owner_id = "1", repository_id = "33" }]
    }
  }

  assert {
    condition = [for statement in jsondecode(aws_iam_role.github["production-apply"].assume_role_policy).Statement : statement.Condition][1] == {
      StringEquals = {
        "token.actions.githubusercontent.com:aud"              = "sts.amazonaws.com"
        "token.actions.githubusercontent.com:job_workflow_ref" = ["org/infra-actions/.github/workflows/terraform-apply-waves.yml@refs/tags/v1"]
        "token.actions.githubusercontent.com:ref"              = "refs/heads/main"
        "token.actions.githubusercontent.com:repository_id"    = ["22"]
        "token.actions.githubusercontent.com:sub" = [
          "repo:org/shop-infrastructure:environment:production-waves",
          "repo:org@1/shop-infrastructure@22:environment:production-waves",
        ]
      }
    }
    error_message = "legs of this environment, on the default branch, in that workflow alone"
  }

  assert {
    condition = alltrue([
      for key, role in aws_iam_role.github :
      length(jsondecode(role.assume_role_policy).Statement) == (endswith(key, "-apply") ? 2 : 1)
    ])
    error_message = "no other role trusts a leg"
  }
}

run "trusts_no_leg_by_default" {
  command = plan

  variables {
    oidc_provider_arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
  }

  assert {
    condition     = length(jsondecode(aws_iam_role.github["production-apply"].assume_role_policy).Statement) == 1
    error_message = "only the environment itself"
  }
}

run "refuses_workflows_and_environments_that_would_pass_for_legs" {
  command = plan

  variables {
    environments        = ["production", "production-waves"]
    waves_workflow_refs = ["org/infra-actions/.github/workflows/terraform-apply-waves.yml@*"]
  }

  expect_failures = [var.waves_workflow_refs]
}

run "lets_a_plan_role_write_locks_and_reviews_but_no_state" {
  command = plan

  assert {
    condition = flatten([
      for statement in jsondecode(aws_iam_role_policy.plan["dev-plan"].policy).Statement : statement.Resource
      if anytrue([for action in statement.Action : startswith(action, "s3:Put") || startswith(action, "s3:Delete")])
      ]) == [
      "arn:aws:s3:::shop-terraform-state/dev/*.tflock",
      "arn:aws:s3:::shop-terraform-state/dev/*.infra/lock/*",
      "arn:aws:s3:::shop-terraform-state/dev/*.infra/drift",
      "arn:aws:s3:::shop-terraform-state/dev/*.infra/review/*",
    ]
    error_message = "the plan role may write locks and words of their holders, records and the time of a drift check of its environment, and nothing else in the bucket"
  }

  assert {
    condition = flatten([
      for statement in jsondecode(aws_iam_role_policy.plan["dev-plan"].policy).Statement : statement.Resource
      if contains(statement.Action, "s3:DeleteObject")
    ]) == ["arn:aws:s3:::shop-terraform-state/dev/*.tflock", "arn:aws:s3:::shop-terraform-state/dev/*.infra/lock/*"]
    error_message = "the plan role may delete locks and words of their holders only: what was applied and what an apply left behind is not its to remove"
  }

  assert {
    condition = alltrue(flatten([
      for statement in jsondecode(aws_iam_role_policy.plan["dev-plan"].policy).Statement : [
        for action in statement.Action :
        can(regex(":(Describe|Get|List)", action)) || contains(["LockStates", "WriteReviews"], statement.Sid)
      ]
    ]))
    error_message = "apart from that the plan role may only read"
  }
}

run "lets_an_apply_role_write_states_and_what_stands_beside_them" {
  command = plan

  assert {
    condition = {
      for statement in jsondecode(aws_iam_role_policy.apply["dev-apply"].policy).Statement : statement.Sid => [statement.Action, statement.Resource]
      if contains(["WriteStates", "RemoveSidecars", "ListVersions"], statement.Sid)
      } == {
      WriteStates    = [["s3:PutObject"], ["arn:aws:s3:::shop-terraform-state/dev/*"]]
      RemoveSidecars = [["s3:DeleteObject"], ["arn:aws:s3:::shop-terraform-state/dev/*.infra/*"]]
      ListVersions   = [["s3:ListBucketVersions"], ["arn:aws:s3:::shop-terraform-state"]]
    }
    error_message = "an apply writes its environment's states, removes what stands beside them, and never deletes a state"
  }
}

run "lets_plans_and_applies_lock_in_a_table_of_older_configurations" {
  command = plan
  variables { lock_table_name = "terraform-locks" }

  assert {
    condition = {
      for statement in jsondecode(aws_iam_role_policy.plan["dev-plan"].policy).Statement :
      statement.Sid => [statement.Action, statement.Resource, statement.Condition]
      if contains(["ReadLocks", "TakeLocks", "WriteDigests"], statement.Sid)
      } == {
      ReadLocks = [
        ["dynamodb:GetItem"],
        ["arn:aws:dynamodb:eu-west-1:123456789012:table/terraform-locks"],
        { "ForAllValues:StringLike" = { "dynamodb:LeadingKeys" = ["shop-terraform-state/dev/*"] } },
      ]
      TakeLocks = [
        ["dynamodb:DeleteItem", "dynamodb:PutItem"],
        ["arn:aws:dynamodb:eu-west-1:123456789012:table/terraform-locks"],
        {
          "ForAllValues:StringLike"    = { "dynamodb:LeadingKeys" = ["shop-terraform-state/dev/*"] }
          "ForAllValues:StringNotLike" = { "dynamodb:LeadingKeys" = ["*-md5"] }
        },
      ]
    }
    error_message = "a plan role takes locks of its environment, and writes no digest of a state"
  }

  assert {
    condition = [
      for statement in jsondecode(aws_iam_role_policy.apply["dev-apply"].policy).Statement :
      statement.Condition["ForAllValues:StringLike"]["dynamodb:LeadingKeys"] if statement.Sid == "WriteDigests"
    ] == [["shop-terraform-state/dev/*-md5"]]
    error_message = "an apply role writes digests of its environment's states"
  }

  assert {
    condition     = alltrue([for policy in aws_iam_role_policy.apply : length(policy.policy) <= 10240])
    error_message = "an inline policy holds 10,240 characters"
  }
}

run "knows_no_lock_table_by_default" {
  command = plan

  assert {
    condition     = !strcontains(aws_iam_role_policy.apply["dev-apply"].policy, "LeadingKeys")
    error_message = "no right on a table that nobody named"
  }
}

run "gives_plan_and_apply_the_review_key_of_their_environment" {
  command = plan

  variables {
    review_key_arns = {
      dev        = "arn:aws:kms:eu-west-1:123456789012:key/dev"
      production = "arn:aws:kms:eu-west-1:123456789012:key/production"
    }
  }

  assert {
    condition = alltrue([
      for policy in [aws_iam_role_policy.plan["dev-plan"].policy, aws_iam_role_policy.apply["dev-apply"].policy] : [
        for statement in jsondecode(policy).Statement : [statement.Action, statement.Resource] if statement.Sid == "ReviewKey"
      ] == [[["kms:GenerateMac"], ["arn:aws:kms:eu-west-1:123456789012:key/dev"]]]
    ])
    error_message = "the key of the role's own environment, to make digests with and for nothing else"
  }

  assert {
    condition     = length(aws_kms_key.review) == 0 && output.review_key_arns.dev == "arn:aws:kms:eu-west-1:123456789012:key/dev"
    error_message = "keys that exist are used, not made"
  }
}

run "makes_review_keys_where_asked" {
  command = plan

  variables {
    create_review_keys = true
  }

  assert {
    condition     = { for environment, key in aws_kms_key.review : environment => [key.customer_master_key_spec, key.key_usage] } == { dev = ["HMAC_256", "GENERATE_VERIFY_MAC"], production = ["HMAC_256", "GENERATE_VERIFY_MAC"] }
    error_message = "a MAC key for each environment"
  }

  assert {
    condition     = aws_kms_alias.review["dev"].name == "alias/shop-dev-review"
    error_message = "named for project and environment"
  }
}

run "has_no_review_key_by_default" {
  command = plan

  assert {
    condition     = length(aws_kms_key.review) == 0 && !strcontains(aws_iam_role_policy.plan["dev-plan"].policy, "GenerateMac")
    error_message = "a key costs money: it is asked for"
  }
}

run "refuses_review_keys_of_nobody_or_given_twice" {
  command = plan

  variables {
    create_review_keys = true
    review_key_arns    = { staging = "arn:aws:kms:eu-west-1:123456789012:key/staging" }
  }

  expect_failures = [var.review_key_arns]
}

run "keeps_environments_apart" {
  command = plan

  assert {
    condition     = !strcontains(aws_iam_role_policy.apply["dev-apply"].policy, "production") && !strcontains(aws_iam_role_policy.deploy["dev-deploy"].policy, "production")
    error_message = "a role of dev names nothing of production"
  }

  assert {
    condition     = alltrue([for key, policy in merge(aws_iam_role_policy.plan, aws_iam_role_policy.apply, aws_iam_role_policy.deploy) : length(policy.policy) <= 10240])
    error_message = "inline policies must fit IAM's limit"
  }
}

run "lets_every_environment_read_the_states_of_shared_ones" {
  command = plan

  variables {
    environments        = ["dev", "global", "production"]
    shared_environments = ["common", "global"]
  }

  assert {
    condition = alltrue([
      for policy in [aws_iam_role_policy.plan["dev-plan"].policy, aws_iam_role_policy.apply["dev-apply"].policy] : [
        for statement in jsondecode(policy).Statement : statement.Resource if statement.Sid == "ReadStates"
        ] == [[
          "arn:aws:s3:::shop-terraform-state/dev/*",
          "arn:aws:s3:::shop-terraform-state/common/*",
          "arn:aws:s3:::shop-terraform-state/global/*",
      ]]
    ])
    error_message = "dev reads its own states and those of the shared environments, and no others"
  }

  assert {
    condition = [
      for statement in jsondecode(aws_iam_role_policy.plan["dev-plan"].policy).Statement : statement.Condition.StringLike["s3:prefix"]
      if statement.Sid == "ListStates"
    ] == [["dev/*", "common/*", "global/*"]]
    error_message = "without the right to list, an object that is not there is denied instead of missing"
  }

  assert {
    condition = [
      for statement in jsondecode(aws_iam_role_policy.plan["global-plan"].policy).Statement : statement.Resource
      if statement.Sid == "ReadStates"
    ] == [["arn:aws:s3:::shop-terraform-state/global/*", "arn:aws:s3:::shop-terraform-state/common/*"]]
    error_message = "a shared environment is named once among what it reads itself"
  }

  assert {
    condition = !anytrue([
      for statement in jsondecode(aws_iam_role_policy.apply["dev-apply"].policy).Statement : anytrue([
        for resource in statement.Resource : strcontains(resource, "/global/") || strcontains(resource, "/common/")
      ]) && anytrue([for action in statement.Action : !startswith(action, "s3:Get")])
    ])
    error_message = "nothing of a shared environment is written by another one"
  }
}

run "refuses_shared_environments_that_are_no_names" {
  command = plan

  variables {
    shared_environments = ["*"]
  }

  expect_failures = [var.shared_environments]
}

run "keeps_the_deploy_role_from_what_deploys_do_not_need" {
  command = plan

  assert {
    condition = length(setintersection(
      toset(flatten([for statement in jsondecode(aws_iam_role_policy.deploy["dev-deploy"].policy).Statement : statement.Action])),
      toset(["ecs:CreateService", "ecs:DeleteService", "ecr:PutImage", "iam:PutRolePolicy", "iam:CreateRole", "s3:GetObject"]),
    )) == 0
    error_message = "deploys neither create nor delete services, push images, change roles or read states"
  }

  assert {
    condition = toset(flatten([
      for statement in jsondecode(aws_iam_role_policy.deploy["dev-deploy"].policy).Statement : statement.Resource
      if contains(statement.Action, "ssm:DeleteParameter") || contains(statement.Action, "ssm:PutParameter")
    ])) == toset(["arn:aws:ssm:eu-west-1:123456789012:parameter/dev/shop/*/release/*"])
    error_message = "a deploy role writes and removes records of releases, and no other parameter"
  }

  assert {
    condition = {
      for statement in jsondecode(aws_iam_role_policy.deploy["dev-deploy"].policy).Statement :
      statement.Condition.StringEquals["iam:PassedToService"] => statement.Resource
      if contains(statement.Action, "iam:PassRole")
      } == {
      "ecs-tasks.amazonaws.com" = [
        "arn:aws:iam::123456789012:role/shop-*-dev-execution",
        "arn:aws:iam::123456789012:role/shop-*-dev-task",
      ]
      "scheduler.amazonaws.com" = ["arn:aws:iam::123456789012:role/shop-*-dev-schedule"]
    }
    error_message = "only roles of services may be passed, to ECS tasks, and roles of schedules, to the scheduler"
  }

  assert {
    condition = toset(flatten([
      for statement in jsondecode(aws_iam_role_policy.deploy["dev-deploy"].policy).Statement : [
        for action in statement.Action : action if !can(regex(":(BatchGet|Describe|Get|List)", action))
      ] if contains(statement.Resource, "*")
      ])) == toset([
      "codedeploy:ContinueDeployment", "codedeploy:StopDeployment",
      "ecs:DeregisterTaskDefinition", "ecs:RegisterTaskDefinition",
    ])
    error_message = "outside of the project a deploy role may only read, but for what IAM cannot limit"
  }
}

run "lets_the_push_role_write_here_and_only_read_what_it_promotes" {
  command = plan

  assert {
    condition = {
      for statement in jsondecode(aws_iam_role_policy.push["dev-push"].policy).Statement :
      statement.Sid => statement.Resource
      } == {
      RegistryToken       = ["*"]
      PushImages          = ["arn:aws:ecr:eu-west-1:123456789012:repository/shop/*"]
      ReadImagesToPromote = ["arn:aws:ecr:*:*:repository/shop/*"]
      ScanImages          = ["arn:aws:ecr:eu-west-1:123456789012:repository/shop/*"]
    }
    error_message = "images are pushed to this account and region only"
  }

  assert {
    condition = toset(flatten([
      for statement in jsondecode(aws_iam_role_policy.push["dev-push"].policy).Statement : statement.Action
      if statement.Sid == "ReadImagesToPromote"
    ])) == toset(["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"])
    error_message = "what lies in other accounts may be read, never written"
  }
}

run "lets_push_roles_scan_but_make_no_repository" {
  command = plan

  assert {
    condition = toset(flatten([
      for statement in jsondecode(aws_iam_role_policy.push["dev-push"].policy).Statement : [
        for action in statement.Action : action if !can(regex(":(Batch|Complete|GetAuth|GetDownload|Initiate|Upload)", action))
      ]
      ])) == toset([
      "ecr:DescribeImageScanFindings", "ecr:DescribeImages", "ecr:DescribeRepositories", "ecr:PutImage", "ecr:StartImageScan",
    ])
    error_message = "a push role pushes and scans, and changes no repository"
  }

  assert {
    condition = toset(flatten([
      for statement in jsondecode(aws_iam_role_policy.push["dev-push"].policy).Statement : statement.Resource if !contains(["RegistryToken", "ReadImagesToPromote"], statement.Sid)
    ])) == toset(["arn:aws:ecr:eu-west-1:123456789012:repository/shop/*"])
    error_message = "a push role reaches the project's repositories only"
  }
}

run "lets_push_roles_make_repositories_where_asked_for" {
  command = plan

  variables {
    push_creates_repositories = true
  }

  assert {
    condition = {
      for statement in jsondecode(aws_iam_role_policy.push["dev-push"].policy).Statement :
      statement.Sid => try(statement.Condition.StringEquals, null)
      if contains(["FinishRepositories", "MakeRepositories", "SeeRepositorySettings"], statement.Sid)
      } == {
      FinishRepositories    = { "aws:ResourceTag/made-by" = "infra-actions/ecr-push" }
      MakeRepositories      = { "aws:RequestTag/made-by" = "infra-actions/ecr-push" }
      SeeRepositorySettings = null
    }
    error_message = "a push role makes repositories with the tag of ecr-push, and changes only those"
  }

  assert {
    condition = toset(flatten([
      for statement in jsondecode(aws_iam_role_policy.push["dev-push"].policy).Statement : statement.Resource if !contains(["RegistryToken", "ReadImagesToPromote"], statement.Sid)
    ])) == toset(["arn:aws:ecr:eu-west-1:123456789012:repository/shop/*"])
    error_message = "a push role reaches the project's repositories only"
  }
}

run "makes_no_roles_that_nobody_could_assume" {
  command = plan

  variables {
    github = { infrastructure_repository = { name = "org/shop-infrastructure" } }
  }

  assert {
    condition     = toset(keys(aws_iam_role.github)) == toset(["dev-plan", "dev-apply", "production-plan", "production-apply"])
    error_message = "without application repositories there are no deploy and push roles"
  }
}

run "refuses_wildcards_and_half_given_ids" {
  command = plan

  variables {
    project      = "Shop"
    environments = []
    github = {
      infrastructure_repository = { name = "org/*", owner_id = "1" }
    }
    noncurrent_state_days = 1
    max_session_seconds   = 60
  }

  expect_failures = [var.project, var.environments, var.github, var.noncurrent_state_days, var.max_session_seconds]
}

run "refuses_environments_that_roles_could_not_tell_apart" {
  command = plan

  variables {
    environments = ["dev", "eu-dev"]
  }

  expect_failures = [var.environments]
}
