locals {
  source = var.parameter_names[0]
  copies = toset(slice(var.parameter_names, 1, length(var.parameter_names)))
}

# The password is never written to a state or a plan: ephemeral values live for one run, and
# write-only arguments are sent and forgotten (Terraform documentation, "Ephemeral values").
ephemeral "aws_secretsmanager_random_password" "this" {
  password_length     = var.length
  exclude_punctuation = true
}

resource "aws_ssm_parameter" "source" {
  name             = local.source
  description      = var.description
  type             = "SecureString"
  key_id           = var.kms_key_arn
  value_wo         = ephemeral.aws_secretsmanager_random_password.this.random_password
  value_wo_version = var.password_version

  tags = var.tags
}

# Read back: each run draws another password, and only the first of a version is kept.
ephemeral "aws_ssm_parameter" "source" {
  arn = aws_ssm_parameter.source.arn
}

resource "aws_ssm_parameter" "copy" {
  for_each = local.copies

  name             = each.value
  description      = "Copy of ${local.source}"
  type             = "SecureString"
  key_id           = var.kms_key_arn
  value_wo         = ephemeral.aws_ssm_parameter.source.value
  value_wo_version = var.password_version

  tags = var.tags
}
