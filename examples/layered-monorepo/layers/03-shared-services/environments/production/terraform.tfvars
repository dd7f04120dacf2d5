project     = "shop"
environment = "production"
region      = "eu-west-1"

services            = ["service-a", "service-b"]
owns_repositories   = false
deletion_protection = true
