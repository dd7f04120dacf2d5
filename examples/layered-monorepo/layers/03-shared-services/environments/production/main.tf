provider "aws" {
  region = var.region

  default_tags {
    tags = {
      Project     = var.project
      Environment = var.environment
      Layer       = "03-shared-services"
      ManagedBy   = "terraform"
    }
  }
}

data "terraform_remote_state" "foundation" {
  backend = "s3"

  config = {
    bucket = "shop-terraform-state"
    key    = "${var.environment}/aws-foundation-${var.environment}.tfstate"
    region = "eu-west-1"
  }
}

module "shared_services" {
  source = "../../module"

  project             = var.project
  environment         = var.environment
  foundation          = data.terraform_remote_state.foundation.outputs
  services            = var.services
  owns_repositories   = var.owns_repositories
  image_registry      = var.image_registry
  pull_account_ids    = var.pull_account_ids
  deletion_protection = var.deletion_protection
}
