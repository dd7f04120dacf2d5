project     = "shop"
environment = "dev"
region      = "eu-west-1"

vpc_cidr_block          = "10.0.0.0/16"
availability_zone_count = 2

# A NAT gateway costs money by the hour and 10 seconds of every first apply. In dev, tasks have
# public addresses instead.
nat = "none"
