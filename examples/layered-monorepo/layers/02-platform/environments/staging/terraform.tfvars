project     = "shop"
environment = "staging"
region      = "eu-west-1"

container_insights = "enabled"
capacity_providers = []
