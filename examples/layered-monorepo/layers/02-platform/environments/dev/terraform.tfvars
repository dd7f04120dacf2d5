project     = "shop"
environment = "dev"
region      = "eu-west-1"

container_insights = "disabled"

# To run dev on Spot: ["FARGATE", "FARGATE_SPOT"] here, then in each service's terraform.tfvars
# capacity = [{ provider = "FARGATE_SPOT" }].
capacity_providers = []
