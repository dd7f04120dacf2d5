import type { Contract } from './contract.js';
import { containersOf, textOf } from './definition/task-definition.js';
import type { RegisteredDefinition } from './model.js';

/**
 * Whether a definition is what Terraform starts a service with before its first release: the
 * template itself, or an image of `placeholder.invalid` (terraform/modules/ecs-service).
 */
export function isPlaceholder(
  { arn, definition }: RegisteredDefinition,
  contract: Contract | undefined,
): boolean {
  if (contract !== undefined && arn.includes(`/${contract.templateFamily}:`)) return true;
  return containersOf(definition).some((container) =>
    textOf(container['image'])?.startsWith('placeholder.invalid/'),
  );
}
