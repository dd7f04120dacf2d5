locals {
  node_count              = var.node_count != null ? var.node_count : (var.production ? 2 : 1)
  snapshot_retention_days = var.snapshot_retention_days != null ? var.snapshot_retention_days : (var.production ? 7 : 0)
}

resource "aws_elasticache_subnet_group" "this" {
  name       = var.name
  subnet_ids = var.network.subnet_ids

  tags = merge(var.tags, { Name = var.name })
}

resource "aws_security_group" "this" {
  name_prefix = "${var.name}-redis-"
  description = "Redis of ${var.name}: reached by the tasks that use it"
  vpc_id      = var.network.vpc_id

  tags = merge(var.tags, { Name = "${var.name}-redis" })

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "clients" {
  for_each = var.network.client_security_group_ids

  security_group_id            = aws_security_group.this.id
  description                  = "Redis from ${each.key}"
  referenced_security_group_id = each.value
  ip_protocol                  = "tcp"
  from_port                    = 6379
  to_port                      = 6379

  tags = var.tags
}

# No password: the provider would keep it in the state. The security group says who connects, and
# connections are encrypted.
resource "aws_elasticache_replication_group" "this" {
  replication_group_id = var.name
  description          = "Cache of ${var.name}"
  engine               = "redis"
  engine_version       = var.engine_version
  node_type            = var.node_type
  port                 = 6379

  num_cache_clusters         = local.node_count
  automatic_failover_enabled = local.node_count > 1
  multi_az_enabled           = local.node_count > 1

  subnet_group_name  = aws_elasticache_subnet_group.this.name
  security_group_ids = [aws_security_group.this.id]

  at_rest_encryption_enabled = true
  kms_key_id                 = var.kms_key_arn
  transit_encryption_enabled = true

  snapshot_retention_limit   = local.snapshot_retention_days
  auto_minor_version_upgrade = true

  tags = merge(var.tags, { Name = var.name })
}
