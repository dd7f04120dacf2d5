module "service" {
  source = "../../../../modules/ecs-service"

  project      = var.project
  service      = "service-a"
  environment  = var.environment
  cluster_name = var.platform.ecs_cluster_name

  network = {
    subnet_ids         = var.foundation.app_network.subnet_ids
    security_group_ids = [var.foundation.security_group_app]
    assign_public_ip   = var.foundation.app_network.assign_public_ip
  }

  image_repository = {
    name       = var.shared_services.repository_names["service-a"]
    account_id = var.shared_services.image_registry.account_id
    region     = var.shared_services.image_registry.region
  }

  service_discovery = {
    namespace_id   = var.platform.service_discovery_namespace.id
    namespace_name = var.platform.service_discovery_namespace.name
  }

  container = {
    environment = {
      ENVIRONMENT         = var.environment
      SERVICE_B_URL       = var.service_b.service_url
      SERVICE_B_DISCOVERY = var.service_b.service_discovery_arn
      SESSIONS_TABLE      = var.shared_services.sessions_table.name
    }
    health_check = { command = ["CMD", "/server", "--check"] }
  }

  task_policy_statements = [{
    sid       = "Sessions"
    actions   = ["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]
    resources = [var.shared_services.sessions_table.arn]
  }]

  desired_count      = var.desired_count
  task_size          = var.task_size
  capacity           = var.capacity
  log_retention_days = var.log_retention_days
}
