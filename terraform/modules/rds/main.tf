locals {
  public               = length(var.public_cidr_blocks) > 0
  multi_az             = coalesce(var.multi_az, var.production)
  deletion_protection  = coalesce(var.deletion_protection, var.production)
  final_snapshot       = coalesce(var.final_snapshot, var.production)
  performance_insights = coalesce(var.performance_insights, var.production)
}

resource "aws_db_subnet_group" "this" {
  # Another group for a public one: an instance cannot move within a group.
  name       = local.public ? "${var.name}-public" : var.name
  subnet_ids = var.network.subnet_ids

  tags = merge(var.tags, { Name = var.name })
}

resource "aws_security_group" "this" {
  name_prefix = "${var.name}-postgres-"
  description = "PostgreSQL of ${var.name}: reached by the tasks that use it"
  vpc_id      = var.network.vpc_id

  tags = merge(var.tags, { Name = "${var.name}-postgres" })

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "clients" {
  for_each = var.network.client_security_group_ids

  security_group_id            = aws_security_group.this.id
  description                  = "PostgreSQL from ${each.key}"
  referenced_security_group_id = each.value
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432

  tags = var.tags
}

resource "aws_vpc_security_group_ingress_rule" "public" {
  for_each = var.public_cidr_blocks

  security_group_id = aws_security_group.this.id
  description       = "PostgreSQL from ${each.value}"
  cidr_ipv4         = each.value
  ip_protocol       = "tcp"
  from_port         = 5432
  to_port           = 5432

  tags = var.tags
}

resource "aws_db_instance" "this" {
  identifier                 = var.name
  engine                     = "postgres"
  engine_version             = var.engine_version
  auto_minor_version_upgrade = true
  instance_class             = var.instance_class

  db_name             = var.restore == null ? var.database_name : null
  username            = var.restore == null ? var.username : null
  password_wo         = var.password
  password_wo_version = var.password_version
  port                = 5432

  allocated_storage     = var.storage.allocated_gib
  max_allocated_storage = var.storage.maximum_gib
  storage_type          = "gp3"
  storage_encrypted     = true
  kms_key_id            = var.kms_key_arn

  multi_az               = local.multi_az
  db_subnet_group_name   = aws_db_subnet_group.this.name
  vpc_security_group_ids = [aws_security_group.this.id]
  publicly_accessible    = local.public

  backup_retention_period   = var.backup_retention_days
  copy_tags_to_snapshot     = true
  deletion_protection       = local.deletion_protection
  skip_final_snapshot       = !local.final_snapshot
  final_snapshot_identifier = local.final_snapshot ? "${var.name}-final" : null

  performance_insights_enabled    = local.performance_insights
  enabled_cloudwatch_logs_exports = ["postgresql", "upgrade"]

  snapshot_identifier = try(var.restore.snapshot_identifier, null)

  dynamic "restore_to_point_in_time" {
    for_each = try(var.restore.source_instance_identifier, null) == null ? [] : [var.restore]

    content {
      source_db_instance_identifier = restore_to_point_in_time.value.source_instance_identifier
      restore_time                  = restore_to_point_in_time.value.restore_time
      use_latest_restorable_time    = restore_to_point_in_time.value.restore_time == null ? true : null
    }
  }

  tags = merge(var.tags, { Name = var.name })

  lifecycle {
    # Where the data came from counts when the instance is made, and never again.
    ignore_changes = [snapshot_identifier, restore_to_point_in_time]
  }
}
