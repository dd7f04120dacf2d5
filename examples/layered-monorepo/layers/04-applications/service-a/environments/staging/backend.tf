terraform {
  backend "s3" {
    bucket       = "shop-terraform-state"
    key          = "staging/aws-service-a-staging.tfstate"
    region       = "eu-west-1"
    encrypt      = true
    use_lockfile = true
  }
}
