provider "aws" {
  region = var.region

  default_tags {
    tags = {
      Project     = var.project
      Environment = var.environment
      Layer       = "04-applications"
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

data "terraform_remote_state" "platform" {
  backend = "s3"

  config = {
    bucket = "shop-terraform-state"
    key    = "${var.environment}/aws-platform-${var.environment}.tfstate"
    region = "eu-west-1"
  }
}

data "terraform_remote_state" "shared_services" {
  backend = "s3"

  config = {
    bucket = "shop-terraform-state"
    key    = "${var.environment}/aws-shared-services-${var.environment}.tfstate"
    region = "eu-west-1"
  }
}

data "terraform_remote_state" "service_b" {
  backend = "s3"

  config = {
    bucket = "shop-terraform-state"
    key    = "${var.environment}/aws-service-b-${var.environment}.tfstate"
    region = "eu-west-1"
  }
}

module "service" {
  source = "../../module"

  project            = var.project
  environment        = var.environment
  foundation         = data.terraform_remote_state.foundation.outputs
  platform           = data.terraform_remote_state.platform.outputs
  shared_services    = data.terraform_remote_state.shared_services.outputs
  service_b          = data.terraform_remote_state.service_b.outputs
  desired_count      = var.desired_count
  task_size          = var.task_size
  capacity           = var.capacity
  log_retention_days = var.log_retention_days
}
