import { execFile } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { terraformEnvironment } from '../../scripts/terraform-environment.js';
import { clientEnvironment, startTestEmulator, type TestEmulator } from '../support/emulator.js';

let emulator: TestEmulator;
beforeAll(async () => {
  emulator = await startTestEmulator({ speed: 100 });
});
afterAll(() => emulator.stop());

/** A service that CodeDeploy deploys, as a repository with modules for ECS and CodeDeploy has it. */
const SERVICE = `
terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}
provider "aws" {}

resource "aws_ecs_cluster" "this" {
  name = "fastapi-dev"
}
resource "aws_ecs_task_definition" "this" {
  family                   = "fastapi-dev"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  container_definitions = jsonencode([{
    name         = "app"
    image        = "public.ecr.aws/docker/library/busybox:stable"
    portMappings = [{ containerPort = 8000 }]
  }])
}
resource "aws_ecs_service" "this" {
  name            = "fastapi-dev"
  cluster         = aws_ecs_cluster.this.id
  task_definition = aws_ecs_task_definition.this.arn
  desired_count   = 1
  launch_type     = "FARGATE"
  deployment_controller {
    type = "CODE_DEPLOY"
  }
  network_configuration {
    subnets         = ["subnet-0a"]
    security_groups = ["sg-0a"]
  }
  load_balancer {
    target_group_arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/blue/73e2d6bc24d8a067"
    container_name   = "app"
    container_port   = 8000
  }
  lifecycle {
    ignore_changes = [task_definition, load_balancer]
  }
}
resource "aws_codedeploy_app" "this" {
  name             = "fastapi"
  compute_platform = "ECS"
  tags             = { team = "web" }
}
resource "aws_codedeploy_deployment_config" "this" {
  deployment_config_name = "fastapi-half"
  compute_platform       = "ECS"
  traffic_routing_config {
    type = "TimeBasedCanary"
    time_based_canary {
      interval   = 1
      percentage = 50
    }
  }
}
resource "aws_codedeploy_deployment_group" "this" {
  app_name               = aws_codedeploy_app.this.name
  deployment_group_name  = "fastapi-dev"
  deployment_config_name = aws_codedeploy_deployment_config.this.id
  service_role_arn       = "arn:aws:iam::123456789012:role/codedeploy"
  auto_rollback_configuration {
    enabled = true
    events  = ["DEPLOYMENT_FAILURE"]
  }
  alarm_configuration {
    enabled = true
    alarms  = ["fastapi-5xx"]
  }
  blue_green_deployment_config {
    deployment_ready_option {
      action_on_timeout = "CONTINUE_DEPLOYMENT"
    }
    terminate_blue_instances_on_deployment_success {
      action                           = "TERMINATE"
      termination_wait_time_in_minutes = 5
    }
  }
  deployment_style {
    deployment_option = "WITH_TRAFFIC_CONTROL"
    deployment_type   = "BLUE_GREEN"
  }
  ecs_service {
    cluster_name = aws_ecs_cluster.this.name
    service_name = aws_ecs_service.this.name
  }
  load_balancer_info {
    target_group_pair_info {
      prod_traffic_route {
        listener_arns = ["arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener/app/fastapi/1/2"]
      }
      target_group {
        name = "blue"
      }
      target_group {
        name = "green"
      }
    }
  }
  tags = { team = "web" }
}
`;

/** Gives the exit code; a failure's output goes into the test's own. */
async function terraform(directory: string, ...args: string[]): Promise<number> {
  const env = { ...clientEnvironment(emulator), ...(await terraformEnvironment()) };
  return new Promise((resolve) => {
    const options = { cwd: directory, env, maxBuffer: 1 << 24 };
    const child = execFile('terraform', [...args, '-no-color'], options, (_, out, err) => {
      if (child.exitCode === 1) process.stderr.write(`${out}\n${err}\n`);
      resolve(child.exitCode ?? -1);
    });
  });
}

it('Terraform applies a service with its deployment group, plans nothing, destroys it', async () => {
  const directory = await mkdtemp(path.join(emulator.directory, 'root-'));
  await writeFile(path.join(directory, 'main.tf'), SERVICE);
  expect(await terraform(directory, 'init', '-input=false')).toBe(0);
  expect(await terraform(directory, 'apply', '-auto-approve', '-input=false')).toBe(0);
  expect(await terraform(directory, 'plan', '-detailed-exitcode', '-input=false')).toBe(0);
  const counted = SERVICE.replace('desired_count   = 1', 'desired_count   = 2');
  await writeFile(path.join(directory, 'main.tf'), counted);
  expect(await terraform(directory, 'apply', '-auto-approve', '-input=false')).toBe(0);
  expect(await terraform(directory, 'destroy', '-auto-approve', '-input=false')).toBe(0);
}, 180_000);
