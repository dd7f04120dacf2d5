mock_provider "aws" {}

variables {
  password = "not-a-password"
  name     = "shop-dev"
  network = {
    vpc_id                    = "vpc-1"
    subnet_ids                = ["subnet-1", "subnet-2"]
    client_security_group_ids = { app = "sg-1" }
  }
}

run "is_private_encrypted_and_backed_up" {
  command = plan

  assert {
    condition     = aws_db_instance.this.storage_encrypted && !aws_db_instance.this.publicly_accessible && aws_db_instance.this.backup_retention_period == 7
    error_message = "the instance must be encrypted, private, and backed up for a week"
  }

  assert {
    condition     = aws_db_instance.this.engine == "postgres" && aws_db_instance.this.engine_version == "16" && aws_db_instance.this.username == "postgres"
    error_message = "PostgreSQL 16 by default"
  }

  assert {
    condition     = !aws_db_instance.this.multi_az && !aws_db_instance.this.deletion_protection && aws_db_instance.this.skip_final_snapshot
    error_message = "outside of production it is cheap and can be destroyed"
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.clients["app"].from_port == 5432 && length(aws_vpc_security_group_ingress_rule.public) == 0
    error_message = "only the tasks that use it may connect"
  }
}

run "is_protected_in_production" {
  command = plan

  variables {
    production = true
  }

  assert {
    condition     = aws_db_instance.this.multi_az && aws_db_instance.this.deletion_protection && !aws_db_instance.this.skip_final_snapshot && aws_db_instance.this.final_snapshot_identifier == "shop-dev-final" && aws_db_instance.this.performance_insights_enabled
    error_message = "production has a standby, protection, a final snapshot and insights"
  }
}

run "lets_each_switch_be_set_by_itself" {
  command = plan

  variables {
    production          = true
    multi_az            = false
    deletion_protection = false
  }

  assert {
    condition     = !aws_db_instance.this.multi_az && !aws_db_instance.this.deletion_protection && !aws_db_instance.this.skip_final_snapshot
    error_message = "a switch wins over production, and the others still follow it"
  }
}

run "begins_with_the_data_of_another_instance" {
  command = plan

  variables {
    restore = { source_instance_identifier = "shop-production", restore_time = "2026-11-26T08:00:00Z" }
  }

  assert {
    condition     = aws_db_instance.this.restore_to_point_in_time[0].source_db_instance_identifier == "shop-production"
    error_message = "the point in time must be restored"
  }
}

run "refuses_values_that_are_not_allowed" {
  command = plan

  variables {
    name = "Shop"
    network = {
      vpc_id     = "vpc-1"
      subnet_ids = ["subnet-1"]
    }
    production            = true
    database_name         = "postgres"
    username              = "admin"
    engine_version        = "sixteen"
    instance_class        = "t4g.micro"
    storage               = { allocated_gib = 10 }
    backup_retention_days = 0
    public_cidr_blocks    = ["0.0.0.0/0"]
    password_version      = 0
    restore               = { snapshot_identifier = "a", source_instance_identifier = "b" }
  }

  expect_failures = [
    var.name, var.network, var.database_name, var.username, var.engine_version,
    var.instance_class, var.storage, var.backup_retention_days, var.public_cidr_blocks, var.password_version, var.restore,
  ]
}
