import { UserError, type Problem } from '../../shared/errors.js';
import { suggestion } from '../../shared/inputs.js';
import { containerNames, findContainer } from '../definition/task-definition.js';
import type { Service } from '../model.js';
import type { Observed } from '../plan.js';
import { checkStrategy } from '../strategy.js';
import type { Target } from '../target.js';

/** @throws UserError `service-unsupported` */
export function refuseUnsupported(service: Service, { contract }: Target): void {
  const problem = (what: string, hint?: string): UserError =>
    new UserError({
      code: 'service-unsupported',
      message: `service ${service.name} ${what}`,
      ...(hint === undefined ? {} : { hint }),
    });
  if (service.managedBy === 'ECS') {
    throw problem('is a service of ECS Express Mode', 'Express Mode deploys it by itself');
  }
  if (service.controller !== 'ECS' && service.controller !== 'CODE_DEPLOY') {
    throw problem(
      `is deployed by the controller ${service.controller}`,
      'supported: ECS, CODE_DEPLOY',
    );
  }
  if (service.scheduling !== 'REPLICA') {
    throw problem(`has the scheduling strategy ${service.scheduling}`, 'supported: REPLICA');
  }
  if (service.controller === 'CODE_DEPLOY') return;
  checkStrategy(service, contract);
}

export function refuseUnknownContainers({ base, images, container }: Observed): void {
  const names = containerNames(base.definition);
  const problems: readonly Problem[] = Object.keys(images)
    .filter((name) => findContainer(base.definition, name) === undefined)
    .map((name) => ({
      code: 'container-missing',
      message: `${base.origin} has no container "${name}"`,
      at: { input: name === container ? 'container' : 'images' },
      hint: [suggestion(name, names), `containers: ${names.join(', ')}`]
        .filter((part) => part !== undefined)
        .join(' '),
    }));
  if (problems.length > 0) throw new UserError(problems);
}
