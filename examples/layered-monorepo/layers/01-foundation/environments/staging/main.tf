provider "aws" {
  region = var.region

  default_tags {
    tags = {
      Project     = var.project
      Environment = var.environment
      Layer       = "01-foundation"
      ManagedBy   = "terraform"
    }
  }
}

module "foundation" {
  source = "../../module"

  project                 = var.project
  environment             = var.environment
  vpc_cidr_block          = var.vpc_cidr_block
  availability_zone_count = var.availability_zone_count
  nat                     = var.nat
}
