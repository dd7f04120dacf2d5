provider "aws" {
  region = var.region

  default_tags {
    tags = {
      Project     = var.project
      Environment = var.environment
      Layer       = "02-platform"
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

module "platform" {
  source = "../../module"

  project            = var.project
  environment        = var.environment
  foundation         = data.terraform_remote_state.foundation.outputs
  container_insights = var.container_insights
  capacity_providers = var.capacity_providers
}
