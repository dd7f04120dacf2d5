data "aws_region" "current" {}

locals {
  name = "${var.project}-${var.environment}"
}

module "ecs_cluster" {
  source = "../../../modules/ecs-cluster"

  name               = local.name
  container_insights = var.container_insights
  capacity_providers = var.capacity_providers
}

resource "aws_service_discovery_private_dns_namespace" "this" {
  name        = "${var.environment}.${var.project}.internal"
  description = "Services of ${var.project} in ${var.environment}"
  vpc         = var.foundation.vpc_id
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = local.name

  dashboard_body = jsonencode({
    widgets = [
      for index, metric in ["CPUUtilization", "MemoryUtilization"] : {
        type   = "metric"
        x      = index * 12
        y      = 0
        width  = 12
        height = 8
        properties = {
          title  = "${metric} by service"
          region = data.aws_region.current.name
          view   = "timeSeries"
          period = 60
          yAxis  = { left = { min = 0, max = 100 } }
          metrics = [[{
            expression = "SEARCH('{AWS/ECS,ClusterName,ServiceName} ClusterName=\"${module.ecs_cluster.name}\" MetricName=\"${metric}\"', 'Average', 60)"
            label      = ""
          }]]
        }
      }
    ]
  })
}
