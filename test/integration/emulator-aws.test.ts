import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { terraformEnvironment } from '../../scripts/terraform-environment.js';
import type { TestEmulator } from '../support/emulator.js';
import { clientEnvironment, startTestEmulator } from '../support/emulator.js';

const ROOT = path.resolve(import.meta.dirname, '../..');

const STATE_BUCKET = `
provider "aws" {}
resource "aws_s3_bucket" "state" {
  bucket = "shop-state"
}
`;

/** Resources that once drifted or failed on a backend; no setting here is for the emulator. */
const SHOP = `
terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
  backend "s3" {
    bucket       = "shop-state"
    key          = "dev/shop.tfstate"
    region       = "eu-west-1"
    use_lockfile = true
  }
}
provider "aws" {}
data "aws_caller_identity" "this" {}

resource "aws_s3_bucket" "this" {
  bucket = "shop-assets"
}
resource "aws_s3_bucket_policy" "this" {
  bucket = aws_s3_bucket.this.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = [aws_s3_bucket.this.arn, "\${aws_s3_bucket.this.arn}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}
resource "aws_s3_object" "this" {
  bucket     = aws_s3_bucket.this.id
  key        = "a/b.txt"
  content    = "hello"
  depends_on = [aws_s3_bucket_policy.this]
}
resource "aws_iam_openid_connect_provider" "this" {
  url            = "https://token.actions.githubusercontent.com"
  client_id_list = ["sts.amazonaws.com"]
}
resource "aws_iam_role" "this" {
  name = "shop-dev-plan"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRoleWithWebIdentity"
      Principal = { Federated = aws_iam_openid_connect_provider.this.arn }
    }]
  })
}
resource "aws_iam_role_policy_attachment" "this" {
  role       = aws_iam_role.this.name
  policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
}
resource "aws_ecr_repository" "this" {
  name                 = "shop/service-a"
  image_tag_mutability = "IMMUTABLE"
}
resource "aws_ssm_parameter" "this" {
  name           = "/dev/shop/service-a/deploy"
  type           = "String"
  insecure_value = "{}"
}
resource "aws_ecs_cluster" "this" {
  name = "shop-dev"
}
resource "aws_ecs_task_definition" "this" {
  family                   = "shop-service-a-dev-template"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  container_definitions = jsonencode([{
    name      = "app"
    image     = "\${aws_ecr_repository.this.repository_url}:placeholder"
    essential = true
  }])
}
resource "aws_ecs_service" "this" {
  name            = "shop-service-a-dev"
  cluster         = aws_ecs_cluster.this.id
  task_definition = aws_ecs_task_definition.this.arn
  desired_count   = 0
  launch_type     = "FARGATE"
  network_configuration {
    subnets = ["subnet-00000000000000000"]
  }
}
resource "aws_appautoscaling_target" "this" {
  service_namespace  = "ecs"
  resource_id        = "service/\${aws_ecs_cluster.this.name}/\${aws_ecs_service.this.name}"
  scalable_dimension = "ecs:service:DesiredCount"
  min_capacity       = 1
  max_capacity       = 4
  tags               = { project = "shop" }
}
resource "aws_appautoscaling_policy" "this" {
  name               = "cpu"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.this.service_namespace
  resource_id        = aws_appautoscaling_target.this.resource_id
  scalable_dimension = aws_appautoscaling_target.this.scalable_dimension
  target_tracking_scaling_policy_configuration {
    target_value = 60
    predefined_metric_specification {
      predefined_metric_type = "ECSServiceAverageCPUUtilization"
    }
  }
}
output "account" {
  value = data.aws_caller_identity.this.account_id
}
`;

describe('Terraform against the emulator', () => {
  let emulator: TestEmulator;

  beforeAll(async () => {
    emulator = await startTestEmulator();
  });
  afterAll(() => emulator.stop());

  async function root(source: string): Promise<string> {
    const directory = await mkdtemp(path.join(emulator.directory, 'root-'));
    await writeFile(path.join(directory, 'main.tf'), source);
    expect(await terraform(directory, 'init', '-input=false')).toBe(0);
    return directory;
  }

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

  it('applies, then plans nothing, then destroys, with its state and lock in S3', async () => {
    const state = await root(STATE_BUCKET);
    expect(await terraform(state, 'apply', '-auto-approve', '-input=false')).toBe(0);
    const shop = await root(SHOP);
    expect(await terraform(shop, 'apply', '-auto-approve', '-input=false')).toBe(0);
    expect(await terraform(shop, 'plan', '-detailed-exitcode', '-input=false')).toBe(0);
    const calls = await emulator.calls();
    expect(calls['ecs.CreateService']).toBe(1);
    // The lock is an object written on condition that there is none, and deleted.
    expect(calls['s3.DeleteObject']).toBe(2);
    expect(await terraform(shop, 'destroy', '-auto-approve', '-input=false')).toBe(0);
  });

  it('lets one writer create the lock file', async () => {
    await emulator.reset();
    const s3 = (target: string, headers: Record<string, string> = {}): Promise<Response> =>
      fetch(`${emulator.awsUrl}/${target}`, {
        method: 'PUT',
        headers: {
          authorization:
            'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, Signature=0',
          ...headers,
        },
      });
    await s3('locks');
    const first = await s3('locks/a.tflock', { 'if-none-match': '*' });
    const second = await s3('locks/a.tflock', { 'if-none-match': '*' });
    expect([first.status, second.status]).toEqual([200, 412]);
  });
});

describe('the emulator as a process', () => {
  interface Running {
    readonly pid: number;
    readonly backends: readonly number[];
    kill(signal: NodeJS.Signals): void;
    closeInput(): void;
    readonly exited: Promise<number | null>;
  }

  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'emulator-process-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  async function start(): Promise<Running> {
    const main = path.join(ROOT, 'emulator/main.ts');
    const child = spawn(process.execPath, ['--import', 'tsx', main, '--directory', directory], {
      cwd: ROOT,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
    const line = await new Promise<string>((resolve) =>
      createInterface({ input: child.stdout }).once('line', resolve),
    );
    const { awsUrl } = JSON.parse(line) as { awsUrl: string };
    const status = (await (await fetch(`${awsUrl}/_emulator/status`)).json()) as {
      backends: { pid: number }[];
    };
    return {
      pid: child.pid ?? 0,
      backends: status.backends.map(({ pid }) => pid),
      kill: (signal) => child.kill(signal),
      closeInput: () => child.stdin.end(),
      exited,
    };
  }

  async function allGone(pids: readonly number[]): Promise<boolean> {
    const alive = (pid: number): boolean => {
      try {
        return process.kill(pid, 0);
      } catch {
        return false;
      }
    };
    for (let waited = 0; waited < 5000 && pids.some(alive); waited += 50) await sleep(50);
    return !pids.some(alive);
  }

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'ends in order on %s, its backends too',
    async (signal) => {
      const running = await start();
      running.kill(signal);
      expect(await running.exited).toBe(0);
      expect(await allGone(running.backends)).toBe(true);
    },
  );

  it('ends when its standard input closes', async () => {
    const running = await start();
    running.closeInput();
    expect(await running.exited).toBe(0);
    expect(await allGone(running.backends)).toBe(true);
  });

  it('leaves no backend behind when it is killed', async () => {
    const running = await start();
    expect(running.backends).toHaveLength(2);
    running.kill('SIGKILL');
    await running.exited;
    expect(await allGone(running.backends)).toBe(true);
  });
});
