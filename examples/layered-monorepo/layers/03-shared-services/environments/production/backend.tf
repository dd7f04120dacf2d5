terraform {
  backend "s3" {
    bucket       = "shop-terraform-state"
    key          = "production/aws-shared-services-production.tfstate"
    region       = "eu-west-1"
    encrypt      = true
    use_lockfile = true
  }
}
