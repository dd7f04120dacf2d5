import path from 'node:path';
import { checkWorkflows, type CheckedWorkflows } from '../../cli/doctor/check-workflows.js';
import { readDefinitions, type Definitions } from '../../cli/workflows/definitions.js';

let definitions: Promise<Definitions> | undefined;

/** Our workflows and actions, as they stand in this repository. */
export function ownDefinitions(): Promise<Definitions> {
  definitions ??= readDefinitions(path.join(import.meta.dirname, '..', '..'));
  return definitions;
}

/** A repository whose only workflow is this one. */
export async function checked(
  text: string,
  context: { readonly rolesInConfiguration: boolean } = { rolesInConfiguration: false },
): Promise<CheckedWorkflows> {
  return checkWorkflows(
    [{ file: '.github/workflows/x.yml', text }],
    await ownDefinitions(),
    context,
  );
}

/** What is wrong with a workflow: `status code line`, in order of the file. */
export async function faultsOf(
  text: string,
  context?: { readonly rolesInConfiguration: boolean },
): Promise<readonly string[]> {
  const { findings } = await checked(text, context);
  return findings
    .filter(({ status }) => status !== 'ok')
    .map(({ status, code, at }) => `${status} ${code} ${at?.line ?? '-'}`);
}

/** A caller of `terraform-plan.yml` in which nothing is wrong. */
export const planCaller = `name: plan
on:
  pull_request:
  merge_group:
permissions: {}
jobs:
  infra:
    permissions:
      contents: read
      id-token: write
      pull-requests: write
    uses: org/infra-actions/.github/workflows/terraform-plan.yml@v1
`;

/** A caller of `terraform-apply.yml` in which nothing is wrong. */
export const applyCaller = `name: apply
on:
  push:
    branches: [main]
  workflow_dispatch:
permissions: {}
jobs:
  infra:
    permissions:
      contents: read
      id-token: write
      actions: read
      pull-requests: write
    uses: org/infra-actions/.github/workflows/terraform-apply.yml@v1
`;

/** A caller of `deploy-service.yml` in which nothing is wrong. */
export const deployCaller = `name: deploy
on:
  push:
    branches: [main]
permissions: {}
jobs:
  service:
    permissions:
      contents: read
      id-token: write
    uses: org/infra-actions/.github/workflows/deploy-service.yml@v1
    with:
      project: shop
      service: service-a
      aws-region: eu-west-1
`;
