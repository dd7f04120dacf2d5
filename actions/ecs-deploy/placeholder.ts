import type { Contract } from './contract.js';
import { containersOf, textOf } from './definition/task-definition.js';
import { familyOfArn, type RegisteredDefinition, type Service } from './model.js';
import { primaryDefinitionArn } from './primary.js';

/**
 * Whether a definition is what Terraform starts a service with before its first release: the
 * template itself, or an image of `placeholder.invalid` (terraform/modules/ecs-service).
 */
export function isPlaceholder(
  { arn, definition }: RegisteredDefinition,
  contract: Contract | undefined,
): boolean {
  if (isOfTemplate(arn, contract)) return true;
  return containersOf(definition).some((container) =>
    textOf(container['image'])?.startsWith('placeholder.invalid/'),
  );
}

/** Whether a service has only its placeholder to run. */
export function runsPlaceholder(service: Service, contract: Contract | undefined): boolean {
  const arn = primaryDefinitionArn(service);
  return arn !== undefined && isOfTemplate(arn, contract);
}

function isOfTemplate(arn: string, contract: Contract | undefined): boolean {
  return familyOfArn(arn) === contract?.templateFamily;
}
