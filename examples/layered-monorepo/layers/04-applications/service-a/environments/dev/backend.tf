terraform {
  backend "s3" {
    bucket       = "shop-terraform-state"
    key          = "dev/aws-service-a-dev.tfstate"
    region       = "eu-west-1"
    encrypt      = true
    use_lockfile = true
  }
}
