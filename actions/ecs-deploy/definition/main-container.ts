import { UserError } from '../../shared/errors.js';
import type { DeployInputs } from '../inputs.js';
import type { JsonObject } from '../model.js';
import type { BaseDefinition, Target } from '../target.js';
import { containerName, containersOf, textOf } from './task-definition.js';

type MainContainerInputs = Pick<DeployInputs, 'container' | 'image'> &
  Partial<Pick<DeployInputs, 'edits'>>;

/** The container that runs the service's image. */
export function mainContainer(
  inputs: MainContainerInputs,
  target: Target,
  base: BaseDefinition,
): string {
  const named = inputs.container ?? target.contract?.container;
  if (named !== undefined) return named;
  const containers = containersOf(base.definition);
  const essential = containers.filter((container) => container['essential'] !== false);
  const [only, ...more] = containers.length === 1 ? containers : essential;
  if (only !== undefined && (more.length === 0 || !namesMainContainer(inputs))) {
    return containerName(only);
  }
  throw new UserError({
    code: 'container-required',
    message: `${base.origin} has several containers: which one is the main one?`,
    at: { input: 'container' },
    hint: `one of ${containers.map(containerName).join(', ')}`,
  });
}

/** Whether something is for the main container without its name. */
function namesMainContainer({ image, edits }: MainContainerInputs): boolean {
  const {
    environment = [],
    removeEnvironment = [],
    secrets = [],
    removeSecrets = [],
  } = edits ?? {};
  return (
    image !== undefined ||
    [...environment, ...removeEnvironment, ...secrets, ...removeSecrets].some(
      ({ container }) => container === undefined,
    )
  );
}

/** The container that runs the service's image, as far as a definition tells: for reports. */
export function likelyMainContainer({ contract }: Target, definition: JsonObject): string {
  const containers = containersOf(definition);
  const essential = containers.find((container) => container['essential'] !== false);
  return contract?.container ?? textOf((essential ?? containers[0])?.['name']) ?? '';
}
