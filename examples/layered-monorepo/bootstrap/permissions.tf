# What each role may do. The lists cover what this repository's modules make; more is granted by
# extra_policy_arns. Inline policies of a role may hold 10,240 characters in all.
locals {
  roles_by_purpose = {
    for purpose in ["plan", "apply", "deploy", "push"] :
    purpose => { for key, role in local.roles : key => role if role.purpose == purpose }
  }

  kms_statement = var.kms_key_arn == null ? [] : [{
    Sid      = "StateKey"
    Effect   = "Allow"
    Action   = ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"]
    Resource = [var.kms_key_arn]
  }]

  # Keys the digests of sensitive values in review records. Plan and apply make the same digests of
  # the same values, so both have it, each for its own environment.
  review_key_arns = var.create_review_keys ? { for environment, key in aws_kms_key.review : environment => key.arn } : var.review_key_arns

  review_key_statements = { for environment in var.environments : environment => [
    for name, arn in local.review_key_arns : {
      Sid      = "ReviewKey"
      Effect   = "Allow"
      Action   = ["kms:GenerateMac"]
      Resource = [arn]
    } if name == environment
  ] }

  # A plan takes and releases the lock, so that even the plan role writes and deletes *.tflock. The
  # state itself only the apply role writes. A state holds every value, secret ones too: whoever
  # plans can read them.
  #
  # Beside a state lie the small objects of terraform-layer (<state key>.infra/): what was last
  # applied, the journal of an apply, when drift was last looked for, which run holds the lock, and
  # review records. A plan reads them all, and writes the records, the time of the drift check and
  # the word of its own lock, which it takes back. Whoever can open a pull request can therefore
  # write a record: it may stop an apply, and must never open a gate.
  #
  # Who reads outputs of a shared environment reads its states whole. The notes beside them are read
  # too: an apply waits for what its upstreams have not applied yet. Nothing there is written.
  readable_environments = { for environment in var.environments : environment => distinct(concat([environment], sort(var.shared_environments))) }

  state_statements = { for environment in var.environments : environment => {
    read = [
      {
        Sid       = "ListStates"
        Effect    = "Allow"
        Action    = ["s3:ListBucket"]
        Resource  = [local.state_bucket_arn]
        Condition = { StringLike = { "s3:prefix" = [for name in local.readable_environments[environment] : "${name}/*"] } }
      },
      {
        Sid      = "ReadStates"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:GetObjectVersion"]
        Resource = [for name in local.readable_environments[environment] : "${local.state_bucket_arn}/${name}/*"]
      },
      {
        Sid      = "LockStates"
        Effect   = "Allow"
        Action   = ["s3:DeleteObject", "s3:PutObject"]
        Resource = ["${local.state_bucket_arn}/${environment}/*.tflock", "${local.state_bucket_arn}/${environment}/*.infra/lock/*"]
      },
      {
        Sid    = "WriteReviews"
        Effect = "Allow"
        Action = ["s3:PutObject"]
        Resource = [
          "${local.state_bucket_arn}/${environment}/*.infra/drift",
          "${local.state_bucket_arn}/${environment}/*.infra/review/*",
        ]
      },
    ]
    write = [
      {
        Sid      = "WriteStates"
        Effect   = "Allow"
        Action   = ["s3:PutObject"]
        Resource = ["${local.state_bucket_arn}/${environment}/*"]
      },
      {
        Sid      = "RemoveSidecars"
        Effect   = "Allow"
        Action   = ["s3:DeleteObject"]
        Resource = ["${local.state_bucket_arn}/${environment}/*.infra/*"]
      },
      {
        # To restore an earlier version of a state, its versions must be seen first.
        Sid       = "ListVersions"
        Effect    = "Allow"
        Action    = ["s3:ListBucketVersions"]
        Resource  = [local.state_bucket_arn]
        Condition = { StringLike = { "s3:prefix" = ["${environment}/*"] } }
      },
    ]
  } }

  # Older configurations lock in a DynamoDB table: an item for each lock, <bucket>/<key>, and one for
  # the digest of each state, <bucket>/<key>-md5, which only who writes the state may write. The items
  # of this environment are told by their keys.
  lock_table_arn = var.lock_table_name == null ? null : "${local.arn_prefix.dynamodb}:table/${var.lock_table_name}"

  lock_table_statements = { for environment in var.environments : environment => {
    read = [for arn in compact([local.lock_table_arn]) : {
      Sid       = "ReadLocks"
      Effect    = "Allow"
      Action    = ["dynamodb:GetItem"]
      Resource  = [arn]
      Condition = { "ForAllValues:StringLike" = { "dynamodb:LeadingKeys" = ["${local.state_bucket_name}/${environment}/*"] } }
    }]
    lock = [for arn in compact([local.lock_table_arn]) : {
      Sid      = "TakeLocks"
      Effect   = "Allow"
      Action   = ["dynamodb:DeleteItem", "dynamodb:PutItem"]
      Resource = [arn]
      Condition = {
        "ForAllValues:StringLike"    = { "dynamodb:LeadingKeys" = ["${local.state_bucket_name}/${environment}/*"] }
        "ForAllValues:StringNotLike" = { "dynamodb:LeadingKeys" = ["*-md5"] }
      }
    }]
    write = [for arn in compact([local.lock_table_arn]) : {
      Sid       = "WriteDigests"
      Effect    = "Allow"
      Action    = ["dynamodb:DeleteItem", "dynamodb:PutItem"]
      Resource  = [arn]
      Condition = { "ForAllValues:StringLike" = { "dynamodb:LeadingKeys" = ["${local.state_bucket_name}/${environment}/*-md5"] } }
    }]
  } }

  # Reads what resources are, not what they hold: no objects, items, secrets, log lines or images.
  describe_statements = [{
    Sid    = "Describe"
    Effect = "Allow"
    Action = [
      "application-autoscaling:Describe*",
      "application-autoscaling:ListTagsForResource",
      "cloudwatch:Describe*",
      "cloudwatch:GetDashboard",
      "cloudwatch:ListDashboards",
      "cloudwatch:ListTagsForResource",
      "dynamodb:Describe*",
      "dynamodb:List*",
      "ec2:Describe*",
      "ecr:Describe*",
      "ecr:GetLifecyclePolicy",
      "ecr:GetRepositoryPolicy",
      "ecr:ListTagsForResource",
      "ecs:Describe*",
      "ecs:List*",
      "iam:Get*",
      "iam:List*",
      "logs:Describe*",
      "logs:ListTagsForResource",
      "route53:GetChange",
      "route53:GetHostedZone",
      "route53:List*",
      "servicediscovery:Get*",
      "servicediscovery:List*",
      "ssm:DescribeParameters",
      "ssm:ListTagsForResource",
    ]
    Resource = ["*"]
  }]

  parameter_arns = { for environment in var.environments : environment => "${local.arn_prefix.ssm}:parameter/${environment}/${var.project}" }

  service_role_arns = { for environment in var.environments : environment => [
    for kind in ["execution", "task"] : "${local.role_arn_prefix}${var.project}-*-${environment}-${kind}"
  ] }

  plan_statements = { for environment in var.environments : environment => concat(
    local.state_statements[environment].read,
    local.lock_table_statements[environment].read,
    local.lock_table_statements[environment].lock,
    local.kms_statement,
    local.review_key_statements[environment],
    local.describe_statements,
    [{
      Sid      = "ReadOwnParameters"
      Effect   = "Allow"
      Action   = ["ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath"]
      Resource = ["${local.parameter_arns[environment]}/*"]
    }],
  ) }

  apply_statements = { for environment in var.environments : environment => concat(
    local.plan_statements[environment],
    local.state_statements[environment].write,
    local.lock_table_statements[environment].write,
    [
      # These services name their resources only after they exist, or not at all in their ARNs: the
      # limit to one region is what a policy can say. Separate accounts are the real wall.
      {
        Sid    = "ManageNetwork"
        Effect = "Allow"
        Action = [
          "ec2:AllocateAddress", "ec2:AssociateRouteTable", "ec2:AttachInternetGateway",
          "ec2:AuthorizeSecurityGroup*", "ec2:CreateInternetGateway", "ec2:CreateNatGateway",
          "ec2:CreateRoute", "ec2:CreateRouteTable", "ec2:CreateSecurityGroup", "ec2:CreateSubnet",
          "ec2:CreateTags", "ec2:CreateVpc", "ec2:CreateVpcEndpoint", "ec2:DeleteInternetGateway",
          "ec2:DeleteNatGateway", "ec2:DeleteRoute", "ec2:DeleteRouteTable",
          "ec2:DeleteSecurityGroup", "ec2:DeleteSubnet", "ec2:DeleteTags", "ec2:DeleteVpc",
          "ec2:DeleteVpcEndpoints", "ec2:DetachInternetGateway", "ec2:DisassociateAddress",
          "ec2:DisassociateRouteTable", "ec2:ModifySecurityGroupRules",
          "ec2:ModifySubnetAttribute", "ec2:ModifyVpcAttribute", "ec2:ModifyVpcEndpoint",
          "ec2:ReleaseAddress", "ec2:ReplaceRoute", "ec2:ReplaceRouteTableAssociation",
          "ec2:RevokeSecurityGroup*", "ec2:UpdateSecurityGroupRuleDescriptions*",
        ]
        Resource  = ["*"]
        Condition = { StringEquals = { "aws:RequestedRegion" = var.region } }
      },
      {
        Sid    = "ManageNames"
        Effect = "Allow"
        Action = [
          "route53:AssociateVPCWithHostedZone", "route53:ChangeTagsForResource",
          "route53:CreateHostedZone", "route53:DeleteHostedZone", "servicediscovery:Create*",
          "servicediscovery:Delete*", "servicediscovery:TagResource",
          "servicediscovery:UntagResource", "servicediscovery:Update*",
        ]
        Resource = ["*"]
      },
      {
        # Not limited by resource: IAM has none for the first two, and registering starts nothing.
        Sid      = "RegisterTaskDefinitions"
        Effect   = "Allow"
        Action   = ["ecs:CreateCluster", "ecs:DeregisterTaskDefinition", "ecs:RegisterTaskDefinition"]
        Resource = ["*"]
      },
      {
        Sid    = "ManageServices"
        Effect = "Allow"
        Action = [
          "ecs:CreateService", "ecs:DeleteCluster", "ecs:DeleteService",
          "ecs:PutClusterCapacityProviders", "ecs:TagResource", "ecs:UntagResource",
          "ecs:UpdateCluster", "ecs:UpdateClusterSettings", "ecs:UpdateService",
        ]
        Resource = [
          "${local.arn_prefix.ecs}:cluster/${var.project}-${environment}",
          "${local.arn_prefix.ecs}:service/${var.project}-${environment}/*",
          "${local.arn_prefix.ecs}:task-definition/${var.project}-*-${environment}-template:*",
        ]
      },
      {
        Sid    = "ManageNamedResources"
        Effect = "Allow"
        Action = [
          "cloudwatch:DeleteDashboards", "cloudwatch:PutDashboard", "dynamodb:CreateTable",
          "dynamodb:DeleteTable", "dynamodb:TagResource", "dynamodb:UntagResource",
          "dynamodb:UpdateContinuousBackups", "dynamodb:UpdateTable", "dynamodb:UpdateTimeToLive",
          "ecr:CreateRepository", "ecr:DeleteLifecyclePolicy", "ecr:DeleteRepository",
          "ecr:DeleteRepositoryPolicy", "ecr:PutImageScanningConfiguration",
          "ecr:PutImageTagMutability", "ecr:PutLifecyclePolicy", "ecr:SetRepositoryPolicy",
          "ecr:TagResource", "ecr:UntagResource", "logs:CreateLogGroup", "logs:DeleteLogGroup",
          "logs:DeleteRetentionPolicy", "logs:PutRetentionPolicy", "logs:TagResource",
          "logs:UntagResource", "ssm:AddTagsToResource", "ssm:DeleteParameter",
          "ssm:PutParameter", "ssm:RemoveTagsFromResource",
        ]
        Resource = [
          "arn:${local.partition}:cloudwatch::${local.account_id}:dashboard/${var.project}-${environment}*",
          "${local.arn_prefix.dynamodb}:table/${var.project}-*-${environment}",
          "${local.arn_prefix.ecr}:repository/${var.project}/*",
          "${local.arn_prefix.logs}:log-group:/ecs/${var.project}-*-${environment}*",
          "${local.parameter_arns[environment]}/*",
        ]
      },
      # Only roles of services, by the end of their names: never the roles made here, its own included.
      {
        Sid    = "ManageServiceRoles"
        Effect = "Allow"
        Action = [
          "iam:CreateRole", "iam:DeleteRole", "iam:DeleteRolePolicy", "iam:PutRolePolicy",
          "iam:TagRole", "iam:UntagRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole",
          "iam:UpdateRoleDescription",
        ]
        Resource = local.service_role_arns[environment]
      },
      {
        Sid       = "PassServiceRoles"
        Effect    = "Allow"
        Action    = ["iam:PassRole"]
        Resource  = local.service_role_arns[environment]
        Condition = { StringEquals = { "iam:PassedToService" = "ecs-tasks.amazonaws.com" } }
      },
      {
        Sid       = "ServiceLinkedRoles"
        Effect    = "Allow"
        Action    = ["iam:CreateServiceLinkedRole"]
        Resource  = ["${local.role_arn_prefix}aws-service-role/*"]
        Condition = { StringEquals = { "iam:AWSServiceName" = ["ecs.amazonaws.com"] } }
      },
    ],
  ) }

  arn_prefix = { for service in ["application-autoscaling", "codedeploy", "dynamodb", "ecr", "ecs", "events", "kms", "logs", "scheduler", "secretsmanager", "ssm"] :
    service => "arn:${local.partition}:${service}:${var.region}:${local.account_id}"
  }
  role_arn_prefix = "arn:${local.partition}:iam::${local.account_id}:role/"

  # What the commands of ecs-deploy call, and nothing besides; each block names its commands.
  deploy_statements = { for environment in var.environments : environment => [
    {
      # Every command: the contract, its tasks and the last release.
      Sid      = "ReadContracts"
      Effect   = "Allow"
      Action   = ["ssm:GetParameter", "ssm:GetParametersByPath"]
      Resource = ["${local.parameter_arns[environment]}/*/deploy", "${local.parameter_arns[environment]}/*/deploy/*", "${local.parameter_arns[environment]}/*/release", "${local.parameter_arns[environment]}/*/release/*"]
    },
    {
      # deploy, rollback, continue: what is released now; a first release that fails is none.
      Sid      = "RecordReleases"
      Effect   = "Allow"
      Action   = ["ssm:DeleteParameter", "ssm:PutParameter"]
      Resource = ["${local.parameter_arns[environment]}/*/release/*"]
    },
    {
      # deploy, run-task; keep-revisions deregisters. IAM knows no resource for these.
      Sid      = "RegisterRevisions"
      Effect   = "Allow"
      Action   = ["ecs:DeregisterTaskDefinition", "ecs:DescribeTaskDefinition", "ecs:ListTaskDefinitions", "ecs:RegisterTaskDefinition"]
      Resource = ["*"]
    },
    {
      # deploy, restart, rollback and continue roll out; scale sets the count; run-task runs and stops tasks.
      Sid    = "RollOut"
      Effect = "Allow"
      Action = [
        "ecs:ContinueServiceDeployment", "ecs:DescribeServiceDeployments",
        "ecs:DescribeServiceRevisions", "ecs:ListServiceDeployments", "ecs:ListTagsForResource",
        "ecs:RunTask", "ecs:StopServiceDeployment", "ecs:StopTask", "ecs:TagResource",
        "ecs:UpdateService",
      ]
      Resource = concat([
        for kind in ["service", "service-deployment", "service-revision", "task"] :
        "${local.arn_prefix.ecs}:${kind}/${var.project}-${environment}/*"
      ], ["${local.arn_prefix.ecs}:task-definition/${var.project}-*-${environment}:*"])
    },
    {
      # deploy, run-task: registering and running hand the roles of the service to ECS.
      Sid       = "PassServiceRoles"
      Effect    = "Allow"
      Action    = ["iam:PassRole"]
      Resource  = local.service_role_arns[environment]
      Condition = { StringEquals = { "iam:PassedToService" = "ecs-tasks.amazonaws.com" } }
    },
    {
      # Every command looks at its service and tasks. keep-revisions looks at all of the account: a
      # revision that anything names must stay.
      Sid    = "SeeWhatNamesRevisions"
      Effect = "Allow"
      Action = [
        "ecs:DescribeServices", "ecs:DescribeTasks", "ecs:ListClusters", "ecs:ListServices",
        "ecs:ListTasks", "events:ListEventBuses", "events:ListRuleNamesByTarget",
        "events:ListTargetsByRule", "scheduler:GetSchedule", "scheduler:ListSchedules",
      ]
      Resource = ["*"]
    },
    {
      # Every command that follows: the last lines of tasks that failed.
      Sid      = "ReadLogs"
      Effect   = "Allow"
      Action   = ["logs:GetLogEvents"]
      Resource = ["${local.arn_prefix.logs}:log-group:/ecs/${var.project}-*-${environment}:*"]
    },
    {
      # deploy, verify, run-task: digest and platform. The image may stand in another account's
      # registry, whose policy then decides.
      Sid      = "FindImages"
      Effect   = "Allow"
      Action   = ["ecr:BatchGetImage", "ecr:DescribeImages", "ecr:DescribeRepositories", "ecr:GetDownloadUrlForLayer", "ecr:GetRepositoryPolicy"]
      Resource = [local.any_repositories_arn]
    },
    {
      # verify: whether the roles trust ECS, and what the execution role may do.
      Sid      = "SeeServiceRoles"
      Effect   = "Allow"
      Action   = ["iam:GetRole", "iam:SimulatePrincipalPolicy"]
      Resource = local.service_role_arns[environment]
    },
    {
      # verify: whether parameters that tasks read exist; it does not decrypt them.
      Sid      = "SeeTaskParameters"
      Effect   = "Allow"
      Action   = ["ssm:GetParameters"]
      Resource = ["${local.parameter_arns[environment]}/*"]
    },
    {
      # verify: whether secrets exist and who else may read them, not what they hold; names are each
      # project's own.
      Sid      = "SeeSecrets"
      Effect   = "Allow"
      Action   = ["secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy"]
      Resource = ["${local.arn_prefix.secretsmanager}:secret:*"]
    },
    {
      # verify: whether tasks may decrypt with the keys of secrets and parameters; names are each
      # project's own.
      Sid      = "SeeKeys"
      Effect   = "Allow"
      Action   = ["kms:DescribeKey", "kms:GetKeyPolicy"]
      Resource = ["${local.arn_prefix.kms}:key/*"]
    },
    {
      # verify: network, load balancer, log groups, and keys of parameters. deploy: why targets are unhealthy. scale: limits.
      # IAM knows no resource for most.
      Sid    = "SeeSurroundings"
      Effect = "Allow"
      Action = [
        "application-autoscaling:DescribeScalableTargets", "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets", "elasticloadbalancing:DescribeTargetGroups",
        "elasticloadbalancing:DescribeTargetHealth", "logs:DescribeLogGroups", "ssm:DescribeParameters",
      ]
      Resource = ["*"]
    },
    {
      # scale: limits. AWS makes up the name of a scalable target; what it is for is a condition.
      Sid      = "ScaleServices"
      Effect   = "Allow"
      Action   = ["application-autoscaling:RegisterScalableTarget"]
      Resource = ["${local.arn_prefix.application-autoscaling}:scalable-target/*"]
      Condition = { StringEquals = {
        "application-autoscaling:scalable-dimension" = "ecs:service:DesiredCount"
        "application-autoscaling:service-namespace"  = "ecs"
      } }
    },
    {
      # deploy: turns on schedules and rules that wait for a first release.
      Sid    = "StartSchedules"
      Effect = "Allow"
      Action = ["events:EnableRule", "scheduler:UpdateSchedule"]
      Resource = [
        "${local.arn_prefix.scheduler}:schedule/${var.project}-${environment}/*",
        "${local.arn_prefix.scheduler}:schedule/*/${var.project}-*-${environment}",
        "${local.arn_prefix.events}:rule/${var.project}-${environment}/*",
        "${local.arn_prefix.events}:rule/${var.project}-*-${environment}",
      ]
    },
    {
      # deploy: UpdateSchedule sends the whole schedule, its role among it.
      Sid       = "PassScheduleRoles"
      Effect    = "Allow"
      Action    = ["iam:PassRole"]
      Resource  = ["${local.role_arn_prefix}${var.project}-*-${environment}-schedule"]
      Condition = { StringEquals = { "iam:PassedToService" = "scheduler.amazonaws.com" } }
    },
    {
      # deploy, restart, rollback and continue of services that CodeDeploy deploys.
      Sid    = "DeployByCodeDeploy"
      Effect = "Allow"
      Action = [
        "codedeploy:BatchGetDeployments", "codedeploy:CreateDeployment",
        "codedeploy:GetApplicationRevision", "codedeploy:GetDeployment",
        "codedeploy:GetDeploymentConfig", "codedeploy:GetDeploymentGroup",
        "codedeploy:ListDeployments", "codedeploy:RegisterApplicationRevision",
      ]
      Resource = [
        "${local.arn_prefix.codedeploy}:application:${var.project}",
        "${local.arn_prefix.codedeploy}:application:${var.project}-*",
        "${local.arn_prefix.codedeploy}:deploymentconfig:*",
        "${local.arn_prefix.codedeploy}:deploymentgroup:${var.project}/*-${environment}",
        "${local.arn_prefix.codedeploy}:deploymentgroup:${var.project}-*/*-${environment}",
      ]
    },
    {
      # The same commands find the group of a service, look at a deployment's targets, continue and
      # stop it. IAM knows a deployment by no name: separate accounts are the real wall.
      Sid    = "FollowCodeDeploy"
      Effect = "Allow"
      Action = [
        "codedeploy:BatchGetDeploymentGroups", "codedeploy:BatchGetDeploymentTargets",
        "codedeploy:ContinueDeployment", "codedeploy:ListApplications",
        "codedeploy:ListDeploymentGroups", "codedeploy:ListDeploymentTargets",
        "codedeploy:StopDeployment",
      ]
      Resource = ["*"]
    },
  ] }

  # Of this project, in whichever account and region its images stand.
  any_repositories_arn = "arn:${local.partition}:ecr:*:*:repository/${var.project}/*"

  project_repositories_arn = "${local.arn_prefix.ecr}:repository/${var.project}/*"

  push_statements = concat([
    {
      Sid      = "RegistryToken"
      Effect   = "Allow"
      Action   = ["ecr:GetAuthorizationToken"]
      Resource = ["*"]
    },
    {
      Sid    = "PushImages"
      Effect = "Allow"
      Action = [
        "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:CompleteLayerUpload",
        "ecr:DescribeImages", "ecr:DescribeRepositories", "ecr:GetDownloadUrlForLayer",
        "ecr:InitiateLayerUpload", "ecr:PutImage", "ecr:UploadLayerPart",
      ]
      Resource = [local.project_repositories_arn]
    },
    {
      # promote: the image to copy may stand in another region or account, whose policy then decides.
      Sid      = "ReadImagesToPromote"
      Effect   = "Allow"
      Action   = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
      Resource = [local.any_repositories_arn]
    },
    {
      # scan-fail-on of ecr-push.
      Sid      = "ScanImages"
      Effect   = "Allow"
      Action   = ["ecr:DescribeImageScanFindings", "ecr:StartImageScan"]
      Resource = [local.project_repositories_arn]
    },
    ], [for statement in [
      {
        # create-repository of ecr-push, which tags what it makes.
        Sid       = "MakeRepositories"
        Effect    = "Allow"
        Action    = ["ecr:CreateRepository", "ecr:TagResource"]
        Resource  = [local.project_repositories_arn]
        Condition = { StringEquals = { "aws:RequestTag/made-by" = "infra-actions/ecr-push" } }
      },
      {
        # keep-images and pull-account-ids: whether a repository has them already.
        Sid      = "SeeRepositorySettings"
        Effect   = "Allow"
        Action   = ["ecr:GetLifecyclePolicy", "ecr:GetRepositoryPolicy", "ecr:ListTagsForResource"]
        Resource = [local.project_repositories_arn]
      },
      {
        # The same, only for repositories that ecr-push has made.
        Sid       = "FinishRepositories"
        Effect    = "Allow"
        Action    = ["ecr:PutLifecyclePolicy", "ecr:SetRepositoryPolicy"]
        Resource  = [local.project_repositories_arn]
        Condition = { StringEquals = { "aws:ResourceTag/made-by" = "infra-actions/ecr-push" } }
      },
  ] : statement if var.push_creates_repositories])
}

resource "aws_iam_role_policy" "plan" {
  for_each = local.roles_by_purpose.plan

  name   = "plan"
  role   = aws_iam_role.github[each.key].id
  policy = jsonencode({ Version = "2012-10-17", Statement = local.plan_statements[each.value.environment] })
}

resource "aws_iam_role_policy" "apply" {
  for_each = local.roles_by_purpose.apply

  name   = "apply"
  role   = aws_iam_role.github[each.key].id
  policy = jsonencode({ Version = "2012-10-17", Statement = local.apply_statements[each.value.environment] })
}

resource "aws_iam_role_policy" "deploy" {
  for_each = local.roles_by_purpose.deploy

  name   = "deploy"
  role   = aws_iam_role.github[each.key].id
  policy = jsonencode({ Version = "2012-10-17", Statement = local.deploy_statements[each.value.environment] })
}

resource "aws_iam_role_policy" "push" {
  for_each = local.roles_by_purpose.push

  name   = "push"
  role   = aws_iam_role.github[each.key].id
  policy = jsonencode({ Version = "2012-10-17", Statement = local.push_statements })
}

resource "aws_iam_role_policy_attachment" "extra" {
  for_each = merge([
    for key, role in local.roles : {
      for arn in var.extra_policy_arns[role.purpose] : "${key} ${arn}" => { role = key, arn = arn }
    }
  ]...)

  role       = aws_iam_role.github[each.value.role].name
  policy_arn = each.value.arn
}
