terraform {
  backend "s3" {
    bucket       = "shop-terraform-state"
    key          = "staging/aws-foundation-staging.tfstate"
    region       = "eu-west-1"
    encrypt      = true
    use_lockfile = true
  }
}
