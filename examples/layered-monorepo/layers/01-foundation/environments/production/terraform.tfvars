project     = "shop"
environment = "production"
region      = "eu-west-1"

vpc_cidr_block          = "10.2.0.0/16"
availability_zone_count = 3
nat                     = "per-az"
