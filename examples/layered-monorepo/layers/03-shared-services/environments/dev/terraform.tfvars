project     = "shop"
environment = "dev"
region      = "eu-west-1"

services            = ["service-a", "service-b"]
owns_repositories   = true
deletion_protection = false
