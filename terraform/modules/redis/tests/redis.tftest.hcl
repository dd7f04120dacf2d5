mock_provider "aws" {}

variables {
  name = "shop-dev"
  network = {
    vpc_id                    = "vpc-1"
    subnet_ids                = ["subnet-1", "subnet-2"]
    client_security_group_ids = { app = "sg-1" }
  }
}

run "is_one_encrypted_node" {
  command = plan

  assert {
    condition     = aws_elasticache_replication_group.this.num_cache_clusters == 1 && !aws_elasticache_replication_group.this.automatic_failover_enabled
    error_message = "one node is enough outside of production"
  }

  assert {
    condition     = aws_elasticache_replication_group.this.at_rest_encryption_enabled && aws_elasticache_replication_group.this.transit_encryption_enabled
    error_message = "data must be encrypted at rest and on the way"
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.clients["app"].from_port == 6379 && length(aws_vpc_security_group_ingress_rule.clients) == 1
    error_message = "only the tasks that use it may connect"
  }
}

run "survives_the_loss_of_a_zone_in_production" {
  command = plan

  variables {
    production = true
  }

  assert {
    condition     = aws_elasticache_replication_group.this.num_cache_clusters == 2 && aws_elasticache_replication_group.this.multi_az_enabled && aws_elasticache_replication_group.this.snapshot_retention_limit == 7
    error_message = "production has two nodes and snapshots"
  }
}

run "refuses_values_that_are_not_allowed" {
  command = plan

  variables {
    name = "Shop"
    network = {
      vpc_id                    = "vpc-1"
      subnet_ids                = []
      client_security_group_ids = {}
    }
    engine_version          = "6.2"
    node_type               = "t4g.micro"
    node_count              = 0
    snapshot_retention_days = 36
  }

  expect_failures = [var.name, var.network, var.engine_version, var.node_type, var.node_count, var.snapshot_retention_days]
}
