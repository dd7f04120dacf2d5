project     = "shop"
environment = "dev"
region      = "eu-west-1"

container_insights = "disabled"
