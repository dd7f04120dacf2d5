terraform {
  backend "s3" {
    bucket       = "shop-terraform-state"
    key          = "staging/aws-service-b-staging.tfstate"
    region       = "eu-west-1"
    encrypt      = true
    use_lockfile = true
  }
}
