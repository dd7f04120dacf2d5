data "aws_region" "current" {}

# One environment owns the repositories. The others run the same images, by digest: what was tested
# is what is promoted. So its repositories are not for it to delete (force_delete) while they hold images.
module "repository" {
  source   = "../../../modules/ecr"
  for_each = var.owns_repositories ? var.services : toset([])

  name             = "${var.project}/${each.key}"
  pull_account_ids = var.pull_account_ids
}

resource "aws_dynamodb_table" "sessions" {
  name                        = "${var.project}-sessions-${var.environment}"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "id"
  deletion_protection_enabled = var.deletion_protection

  attribute {
    name = "id"
    type = "S"
  }

  ttl {
    enabled        = true
    attribute_name = "expires_at"
  }

  point_in_time_recovery {
    enabled = var.deletion_protection
  }
}

# Traffic to the table stays inside AWS's network, and costs no NAT.
resource "aws_vpc_endpoint" "dynamodb" {
  vpc_id            = var.foundation.vpc_id
  vpc_endpoint_type = "Gateway"
  service_name      = "com.amazonaws.${data.aws_region.current.name}.dynamodb"
  route_table_ids   = var.foundation.route_table_ids

  tags = { Name = "${var.project}-${var.environment}-dynamodb" }
}
