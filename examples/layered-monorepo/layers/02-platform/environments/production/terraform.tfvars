project     = "shop"
environment = "production"
region      = "eu-west-1"

container_insights = "enhanced"
capacity_providers = []
