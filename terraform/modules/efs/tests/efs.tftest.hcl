mock_provider "aws" {
  mock_resource "aws_efs_file_system" {
    defaults = {
      arn = "arn:aws:elasticfilesystem:eu-west-1:111111111111:file-system/fs-1"
    }
  }
}

variables {
  name = "shop-uploads-dev"
  network = {
    vpc_id                    = "vpc-1"
    subnet_ids                = ["subnet-1", "subnet-2"]
    client_security_group_ids = { app = "sg-1" }
  }
  access_points = { uploads = { path = "/uploads", uid = 33, gid = 33 } }
}

run "is_encrypted_and_reached_in_every_zone" {
  assert {
    condition     = aws_efs_file_system.this.encrypted && length(aws_efs_mount_target.this) == 2
    error_message = "the file system must be encrypted, with a mount target a subnet"
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.nfs["app"].from_port == 2049 && aws_vpc_security_group_ingress_rule.nfs["app"].referenced_security_group_id == "sg-1" && length(aws_vpc_security_group_ingress_rule.nfs) == 1
    error_message = "NFS is open to the tasks that mount it, and to nobody else"
  }

  assert {
    condition     = aws_efs_access_point.this["uploads"].root_directory[0].creation_info[0].owner_uid == 33 && aws_efs_access_point.this["uploads"].posix_user[0].gid == 33
    error_message = "an access point has an owner, and everything is done as that owner"
  }

  assert {
    condition     = [for policy in aws_efs_file_system.this.lifecycle_policy : policy.transition_to_ia if policy.transition_to_ia != null] == ["AFTER_30_DAYS"]
    error_message = "files move to Infrequent Access after a month"
  }
}

run "keeps_files_where_they_are_on_request" {
  variables {
    ia_after_days = null
  }

  assert {
    condition     = length(aws_efs_file_system.this.lifecycle_policy) == 0
    error_message = "no tiering"
  }
}

run "refuses_values_that_are_not_allowed" {
  command = plan

  variables {
    name          = "a b"
    ia_after_days = 31
    network = {
      vpc_id                    = "vpc-1"
      subnet_ids                = []
      client_security_group_ids = {}
    }
    access_points = { uploads = { path = "uploads", permissions = "rwx" } }
  }

  expect_failures = [var.name, var.ia_after_days, var.network, var.access_points]
}
