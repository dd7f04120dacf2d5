mock_provider "aws" {
  mock_resource "aws_s3_bucket" {
    defaults = {
      id  = "shop-assets-dev"
      arn = "arn:aws:s3:::shop-assets-dev"
    }
  }
}

variables {
  name = "shop-assets-dev"
}

run "is_closed_and_encrypted_by_default" {
  assert {
    condition     = aws_s3_bucket_public_access_block.this.block_public_policy && aws_s3_bucket_public_access_block.this.restrict_public_buckets && aws_s3_bucket_public_access_block.this.block_public_acls
    error_message = "a bucket must be closed to the public"
  }

  assert {
    condition     = [for statement in jsondecode(aws_s3_bucket_policy.this.policy).Statement : statement.Sid] == ["TlsOnly"]
    error_message = "the policy holds the TLS rule alone"
  }

  assert {
    condition     = one(aws_s3_bucket_server_side_encryption_configuration.this.rule).apply_server_side_encryption_by_default[0].sse_algorithm == "AES256"
    error_message = "objects must be encrypted"
  }

  assert {
    condition     = length(aws_s3_bucket_versioning.this) == 0 && length(aws_s3_bucket_cors_configuration.this) == 0
    error_message = "versions and CORS are choices"
  }

  assert {
    condition     = [for rule in aws_s3_bucket_lifecycle_configuration.this.rule : rule.id] == ["abandoned-uploads"]
    error_message = "nothing but abandoned uploads expires"
  }
}

run "lets_everybody_read_and_nobody_list_where_it_is_public" {
  variables {
    public_read = true
  }

  assert {
    condition     = !aws_s3_bucket_public_access_block.this.block_public_policy && aws_s3_bucket_public_access_block.this.block_public_acls
    error_message = "the policy may be public, access lists never"
  }

  assert {
    condition     = jsondecode(aws_s3_bucket_policy.this.policy).Statement[1].Action == "s3:GetObject"
    error_message = "only reading is public"
  }
}

run "keeps_versions_and_expires_objects" {
  variables {
    versioning             = true
    expire_days            = 30
    noncurrent_expire_days = 10
    cors                   = [{ origins = ["https://dev.shop.example"], methods = ["PUT"] }]
  }

  assert {
    condition     = aws_s3_bucket_versioning.this[0].versioning_configuration[0].status == "Enabled"
    error_message = "versions must be kept"
  }

  assert {
    condition     = aws_s3_bucket_lifecycle_configuration.this.rule[1].expiration[0].days == 30 && aws_s3_bucket_lifecycle_configuration.this.rule[2].noncurrent_version_expiration[0].noncurrent_days == 10
    error_message = "objects and versions expire"
  }

  assert {
    condition     = one(aws_s3_bucket_cors_configuration.this[0].cors_rule).allowed_methods == toset(["PUT"])
    error_message = "the browser may do what was named"
  }
}

run "refuses_values_that_are_not_allowed" {
  command = plan

  variables {
    name        = "Shop_Assets"
    expire_days = 0
    cors        = [{ origins = ["https://shop.example/path"], methods = ["PATCH"] }]
    public_read = true
    kms_key_arn = "arn:aws:kms:eu-west-1:111111111111:key/1"
  }

  expect_failures = [var.name, var.expire_days, var.cors, var.kms_key_arn]
}
