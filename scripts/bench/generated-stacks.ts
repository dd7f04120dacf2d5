import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const environments = ['dev', 'staging', 'production'];

/**
 * Writes a layered repository of about `count` stacks (three environments of equal size) below
 * `root`: seven files a stack, services that read the foundation, the platform and an earlier
 * service, and modules below modules. Returns how many stacks there are.
 */
export function generateStacks(root: string, count: number): number {
  const services = Math.max(1, Math.round(count / environments.length) - 3);
  writeModules(root);
  for (const environment of environments) {
    writeStack(root, 'layers/01-foundation', 'foundation', environment, []);
    writeStack(root, 'layers/02-platform', 'platform', environment, ['foundation']);
    writeStack(root, 'layers/03-shared-services', 'shared-services', environment, ['foundation']);
    for (let index = 0; index < services; index += 1) {
      const name = `service-${index}`;
      const reads = ['foundation', 'platform', 'shared-services'];
      if (index > 0 && index % 3 === 0) reads.push(`service-${Math.floor(index / 3)}`);
      writeStack(root, `layers/04-applications/${name}`, name, environment, reads);
    }
  }
  return environments.length * (services + 3);
}

function writeStack(
  root: string,
  directory: string,
  name: string,
  environment: string,
  reads: readonly string[],
): void {
  const place = path.join(root, directory, 'environments', environment);
  const up = path.relative(place, root);
  const remote = reads.map(
    (upstream) => `data "terraform_remote_state" "${upstream.replaceAll('-', '_')}" {
  backend = "s3"

  config = {
    bucket = "shop-\${var.environment}-terraform-state"
    key    = "\${var.environment}/aws-${upstream}-\${var.environment}.tfstate"
    region = var.region
  }
}
`,
  );
  const values = reads.map((upstream) => {
    const label = upstream.replaceAll('-', '_');
    return `  ${label} = data.terraform_remote_state.${label}.outputs.id\n`;
  });
  writeFiles(place, {
    'backend.tf': `terraform {
  backend "s3" {
    bucket       = "shop-${environment}-terraform-state"
    key          = "${environment}/aws-${name}-${environment}.tfstate"
    region       = "eu-west-1"
    use_lockfile = true
  }
}
`,
    'main.tf': `module "service" {
  source = "${up}/modules/service"

  name        = "${name}"
  environment = var.environment
${values.join('')}}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/shop/\${var.environment}/${name}"
  retention_in_days = 30
}
`,
    'remote-state.tf': remote.join('\n'),
    'variables.tf': `variable "environment" {
  type = string
}

variable "region" {
  type    = string
  default = "eu-west-1"
}
`,
    'outputs.tf': `output "id" {
  value = module.service.id
}
`,
    'versions.tf': `terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }
}
`,
    'terraform.tfvars': `environment = "${environment}"\ncpu         = 256\n`,
  });
}

function writeModules(root: string): void {
  writeFiles(path.join(root, 'modules/service'), {
    'main.tf': `variable "name" {}
variable "environment" {}
variable "foundation" { default = null }
variable "platform" { default = null }
variable "shared_services" { default = null }

module "label" {
  source = "../label"
  parts  = [var.name, var.environment]
}

resource "aws_iam_policy" "this" {
  policy = templatefile("\${path.module}/policy.json", { name = var.name })
}

output "id" { value = module.label.id }
`,
    'policy.json': '{}\n',
  });
  writeFiles(path.join(root, 'modules/label'), {
    'main.tf':
      'variable "parts" { type = list(string) }\noutput "id" { value = join("-", var.parts) }\n',
  });
}

function writeFiles(directory: string, files: Readonly<Record<string, string>>): void {
  mkdirSync(directory, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    if (text !== '') writeFileSync(path.join(directory, name), text);
  }
}
