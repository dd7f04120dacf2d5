module "service" {
  source = "../../../../modules/ecs-service"

  project      = var.project
  service      = "service-b"
  environment  = var.environment
  cluster_name = var.platform.ecs_cluster_name

  network = {
    subnet_ids         = var.foundation.app_network.subnet_ids
    security_group_ids = [var.foundation.security_group_app]
    assign_public_ip   = var.foundation.app_network.assign_public_ip
  }

  image_repository = {
    name       = var.shared_services.repository_names["service-b"]
    account_id = var.shared_services.image_registry.account_id
    region     = var.shared_services.image_registry.region
  }

  service_discovery = {
    namespace_id   = var.platform.service_discovery_namespace.id
    namespace_name = var.platform.service_discovery_namespace.name
  }

  container = {
    environment = {
      ENVIRONMENT = var.environment
    }
    health_check = { command = ["CMD", "/server", "--check"] }
  }

  desired_count      = var.desired_count
  task_size          = var.task_size
  capacity           = var.capacity
  log_retention_days = var.log_retention_days
}
