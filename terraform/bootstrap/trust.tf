locals {
  issuer            = var.github.issuer_host
  oidc_provider_arn = coalesce(var.oidc_provider_arn, one(aws_iam_openid_connect_provider.github[*].arn))

  repositories = {
    infrastructure = [var.github.infrastructure_repository]
    application    = var.github.application_repositories
  }

  # A subject begins with repo:owner/name, or, in repositories made since mid-2026, with
  # repo:owner@owner_id/name@repository_id. Both forms are accepted where the ids are known.
  subjects = { for kind, repositories in local.repositories : kind => flatten([
    for repository in repositories : concat(
      ["repo:${repository.name}"],
      repository.repository_id == null ? [] : ["repo:${split("/", repository.name)[0]}@${repository.owner_id}/${split("/", repository.name)[1]}@${repository.repository_id}"],
    )
  ]) }

  repository_ids = { for kind, repositories in local.repositories : kind => compact([
    for repository in repositories : repository.repository_id
  ]) }

  # The only wildcard in a subject: a merge queue's branches are named gh-readonly-queue/<branch>/….
  # An environment's name ends a subject, so it cannot be reached by naming an environment oddly.
  plan_subjects = flatten([for subject in local.subjects.infrastructure : [
    "${subject}:pull_request",
    "${subject}:ref:refs/heads/${var.github.default_branch}",
    "${subject}:ref:refs/heads/gh-readonly-queue/${var.github.default_branch}/*",
  ]])

  # purpose => who may assume the role in an environment
  trust = {
    for environment in var.environments : environment => {
      plan = {
        subjects = local.plan_subjects
        ids      = local.repository_ids.infrastructure
        ref      = null
      }
      # environment: replaces the branch in the subject, so the branch is asked for by itself. GitHub
      # creates an environment that does not exist, unprotected: without this, any branch could apply.
      apply = {
        subjects = [for subject in local.subjects.infrastructure : "${subject}:environment:${environment}"]
        ids      = local.repository_ids.infrastructure
        ref      = "refs/heads/${var.github.default_branch}"
        # Legs of terraform-apply-waves.yml name <environment>-waves, which asks nobody: that workflow
        # builds the name itself, and none of its legs begins before the gate of the environment. So
        # it is the workflow that is trusted, and the name says whose gate has passed.
        legs = [for subject in local.subjects.infrastructure : "${subject}:environment:${environment}-waves"]
      }
      deploy = {
        subjects = [for subject in local.subjects.application : "${subject}:environment:${environment}"]
        ids      = local.repository_ids.application
        ref      = null
      }
      # An image is built once, before any environment is named, and then promoted by its digest.
      push = {
        subjects = flatten([for subject in local.subjects.application : [
          "${subject}:environment:${environment}",
          "${subject}:ref:refs/heads/${var.github.default_branch}",
        ]])
        ids = local.repository_ids.application
        ref = null
      }
    }
  }

  roles = merge([
    for environment, purposes in local.trust : {
      for purpose, trust in purposes : "${environment}-${purpose}" => merge(trust, {
        environment = environment
        purpose     = purpose
        legs        = length(var.waves_workflow_refs) == 0 ? [] : lookup(trust, "legs", [])
      })
      # Without application repositories nobody could assume these.
      if length(trust.subjects) > 0
    }
  ]...)
}

resource "aws_iam_openid_connect_provider" "github" {
  count = var.oidc_provider_arn == null ? 1 : 0

  url            = "https://${local.issuer}"
  client_id_list = ["sts.amazonaws.com"]
}

resource "aws_iam_role" "github" {
  for_each = local.roles

  name                 = "${var.project}-${each.key}"
  description          = "GitHub Actions: ${each.value.purpose} in ${each.value.environment}"
  max_session_duration = var.max_session_seconds
  permissions_boundary = var.permissions_boundary_arn

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat([{
      Effect    = "Allow"
      Action    = "sts:AssumeRoleWithWebIdentity"
      Principal = { Federated = local.oidc_provider_arn }
      Condition = {
        StringEquals = merge(
          { "${local.issuer}:aud" = "sts.amazonaws.com" },
          length(each.value.ids) == 0 ? {} : { "${local.issuer}:repository_id" = each.value.ids },
          each.value.ref == null ? {} : { "${local.issuer}:ref" = each.value.ref },
        )
        StringLike = { "${local.issuer}:sub" = each.value.subjects }
      }
      }], [for legs in [each.value.legs] : {
      Effect    = "Allow"
      Action    = "sts:AssumeRoleWithWebIdentity"
      Principal = { Federated = local.oidc_provider_arn }
      Condition = {
        StringEquals = merge(
          {
            "${local.issuer}:aud"              = "sts.amazonaws.com"
            "${local.issuer}:job_workflow_ref" = sort(var.waves_workflow_refs)
            "${local.issuer}:ref"              = each.value.ref
            "${local.issuer}:sub"              = legs
          },
          length(each.value.ids) == 0 ? {} : { "${local.issuer}:repository_id" = each.value.ids },
        )
      }
    } if length(legs) > 0])
  })

  tags = { Environment = each.value.environment, Purpose = each.value.purpose }
}
