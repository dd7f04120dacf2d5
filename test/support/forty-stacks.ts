import { rootModule } from './terraform-repository.js';

/** Directory of a stack of `fortyStacks`. */
export const stackDirectory = (layer: string, name: string): string =>
  `layers/${layer}/${name}/environments/dev`;

/** Services 01 to 12 use the module `modules/service`, 13 to 32 do not. */
export const serviceName = (number: number): string => `service-${String(number).padStart(2, '0')}`;

export const moduleUsers: readonly string[] = Array.from({ length: 12 }, (_, index) =>
  serviceName(index + 1),
);

/**
 * Those of the twelve that write what the module says to AWS: more than run at once. Each start of
 * the AWS provider costs two CPU seconds, and a fourth would prove nothing else.
 */
const awsUsers: readonly string[] = moduleUsers.slice(0, 3);

/** The module that twelve services use, with the version that it hands out. */
export function serviceModule(version: number): string {
  return `variable "name" {
  type = string
}
variable "cluster" {
  type = string
}
resource "terraform_data" "config" {
  input = "cluster=\${var.cluster} version=${version}"
}
output "config" {
  value = "cluster=\${var.cluster} version=${version}"
}
output "endpoint" {
  value = "\${var.name}.internal"
}
`;
}

/** Root module of one of the twelve, with the expression of its cluster. */
export function moduleUser(name: string, cluster: string): string {
  return rootModule('dev', name, ['platform-a'], moduleCall(name, cluster));
}

function moduleCall(name: string, cluster: string): string {
  const call = `module "service" {
  source  = "../../../../../modules/service"
  name    = "${name}"
  cluster = ${cluster}
}
output "endpoint" {
  value = module.service.endpoint
}`;
  if (!awsUsers.includes(name)) return call;
  return `${call}
resource "aws_ssm_parameter" "config" {
  name           = "/dev/${name}"
  type           = "String"
  insecure_value = module.service.config
  tags           = { service = "${name}" }
}`;
}

/** The foundation's root module, with the network that it hands out. */
export function foundation(network: string): string {
  return rootModule(
    'dev',
    'foundation',
    [],
    `resource "terraform_data" "network" {
  input = "${network}"
}
output "network" {
  value = "${network}"
}
output "zone" {
  value = "dev.example.com"
}`,
  );
}

/**
 * Forty stacks of one environment: a foundation, three platforms, two of which read it, 32 services that
 * read a platform (twelve of them use one module, and three of these have a real AWS resource), and
 * four edges that read services of the twelve.
 */
export function fortyStacks(): Record<string, string> {
  const files: Record<string, string> = {
    'modules/service/main.tf': serviceModule(1),
    'layers/01-foundation/environments/dev/main.tf': foundation('10.0.0.0/16'),
  };
  const add = (layer: string, name: string, reads: readonly string[], body: string): void => {
    files[`${stackDirectory(layer, name)}/main.tf`] = rootModule('dev', name, reads, body);
  };
  for (const letter of ['a', 'b', 'c']) {
    add(
      '02-platform',
      `platform-${letter}`,
      // The twelve with a real resource hang on a platform of its own.
      letter === 'a' ? [] : ['foundation'],
      `resource "terraform_data" "cluster" {
  input = "cluster-${letter}${letter === 'a' ? '' : ' in ${data.terraform_remote_state.foundation.outputs.network}'}"
}
output "cluster" {
  value = "cluster-${letter}"
}`,
    );
  }
  for (let number = 1; number <= 32; number += 1) {
    const name = serviceName(number);
    if (number <= 12) {
      add(
        '04-applications',
        name,
        ['platform-a'],
        moduleCall(name, 'data.terraform_remote_state.platform-a.outputs.cluster'),
      );
      continue;
    }
    add(
      '04-applications',
      name,
      ['platform-b'],
      `resource "terraform_data" "service" {
  input = data.terraform_remote_state.platform-b.outputs.cluster
}`,
    );
  }
  for (let number = 1; number <= 4; number += 1) {
    const service = serviceName(number);
    add(
      '05-edge',
      `edge-${number}`,
      [service],
      `resource "terraform_data" "route" {
  input = data.terraform_remote_state.${service}.outputs.endpoint
}`,
    );
  }
  return files;
}
