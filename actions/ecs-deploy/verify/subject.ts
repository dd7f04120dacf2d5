import {
  asArray,
  containerName,
  containersOf,
  isObject,
  objectOf,
  textOf,
} from '../definition/task-definition.js';
import type { Json, JsonObject, ServiceWiring } from '../model.js';

/** What is verified: a definition as it would be registered, and the service that would run it. */
export interface Subject {
  readonly definition: JsonObject;
  readonly wiring: ServiceWiring;
  readonly serviceArn: string;
}

export function isFargate({ definition, wiring }: Subject): boolean {
  return (
    asArray(definition['requiresCompatibilities']).includes('FARGATE') ||
    wiring.launchType === 'FARGATE' ||
    wiring.capacityProviders.some((name) => name === 'FARGATE' || name === 'FARGATE_SPOT')
  );
}

export function containerPlace(container: JsonObject, rest: string): string {
  return `containerDefinitions.${containerName(container)}.${rest}`;
}

/** A `valueFrom` or another reference to a secret, and its place. */
export interface SecretUse {
  readonly place: string;
  readonly valueFrom: string;
}

/** Secrets of containers, of their log drivers, and credentials of private registries. */
export function secretUses(definition: JsonObject): readonly SecretUse[] {
  return containersOf(definition).flatMap((container) => {
    const credentials = textOf(
      objectOf(container['repositoryCredentials'])['credentialsParameter'],
    );
    const named = (list: Json | undefined, path: string): readonly SecretUse[] =>
      asArray(list)
        .filter(isObject)
        .map((item) => ({
          place: containerPlace(container, `${path}.${textOf(item['name']) ?? ''}`),
          valueFrom: textOf(item['valueFrom']) ?? '',
        }));
    return [
      ...named(container['secrets'], 'secrets'),
      ...named(
        objectOf(container['logConfiguration'])['secretOptions'],
        'logConfiguration.secretOptions',
      ),
      ...(credentials === undefined
        ? []
        : [
            {
              place: containerPlace(container, 'repositoryCredentials'),
              valueFrom: credentials,
            },
          ]),
    ];
  });
}
