import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

/**
 * Writes `count` stacks of three SSM parameters each below `root`: one that all others build on,
 * two that read it, and the rest, each of which reads one of the two. Their states are local
 * files. Returns the directories, in an order in which they can be applied.
 */
export async function writePlanStacks(root: string, count: number): Promise<readonly string[]> {
  const directories: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const layer = index === 0 ? '01' : index < 3 ? '02' : '03';
    const directory = path.join(root, `layers/${layer}-part-${index}/environments/dev`);
    const reads = index === 0 ? undefined : index < 3 ? 0 : 1 + (index % 2);
    await mkdir(directory, { recursive: true });
    await writeFile(path.join(directory, 'main.tf'), rootModule(root, index, reads));
    directories.push(directory);
  }
  return directories;
}

function rootModule(root: string, index: number, reads: number | undefined): string {
  const state = (of: number): string => path.join(root, 'states', `${of}.tfstate`);
  const upstream =
    reads === undefined
      ? ''
      : `
data "terraform_remote_state" "upstream" {
  backend = "local"
  config = {
    path = "${state(reads)}"
  }
}
`;
  const after =
    reads === undefined ? 'none' : '${data.terraform_remote_state.upstream.outputs.name}';
  return `terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.0"
    }
  }
  backend "local" {
    path = "${state(index)}"
  }
}

provider "aws" {
  region = "eu-west-1"
}

variable "value" {
  type = string
}
${upstream}
resource "aws_ssm_parameter" "this" {
  count = 3
  name  = "/bench/${index}/\${count.index}"
  type  = "String"
  value = "\${var.value} after ${after}"
}

output "name" {
  value = aws_ssm_parameter.this[0].name
}
`;
}
