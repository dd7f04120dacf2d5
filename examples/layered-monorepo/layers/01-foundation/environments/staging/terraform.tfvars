project     = "shop"
environment = "staging"
region      = "eu-west-1"

vpc_cidr_block          = "10.1.0.0/16"
availability_zone_count = 2
nat                     = "one"
