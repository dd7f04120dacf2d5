import { awslogsOf, containersOf, textOf } from '../definition/task-definition.js';
import { shortName, type JsonObject } from '../model.js';
import { containerPlace, secretUses, type Subject } from './subject.js';
import { parseValueFrom, type SecretReference } from './value-from.js';

/** Something outside of the definition that it needs; `key` tells equal ones. */
export type Reference =
  | {
      readonly kind: 'role';
      readonly key: string;
      readonly places: readonly string[];
      readonly name: string;
    }
  | {
      readonly kind: 'secret';
      readonly key: string;
      readonly places: readonly string[];
      readonly secret: Extract<SecretReference, { kind: 'secret' }>;
    }
  | {
      readonly kind: 'parameter';
      readonly key: string;
      readonly places: readonly string[];
      readonly name: string;
      readonly region: string | undefined;
    }
  | {
      readonly kind: 'log-group';
      readonly key: string;
      readonly places: readonly string[];
      readonly name: string;
      readonly region: string | undefined;
    };

/** Every role, secret, parameter and log group that the definition names, each once. */
export function referencesOf({ definition }: Pick<Subject, 'definition'>): readonly Reference[] {
  const all = [
    ...roles(definition),
    ...secretUses(definition).flatMap(({ place, valueFrom }): readonly Reference[] => {
      const parsed = parseValueFrom(valueFrom);
      if (parsed.kind === 'malformed') return [];
      const common = { key: `${parsed.kind} ${valueFrom}`, places: [place] };
      return parsed.kind === 'secret'
        ? [{ kind: 'secret', ...common, secret: parsed }]
        : [{ kind: 'parameter', ...common, name: parsed.name, region: parsed.region }];
    }),
    ...logGroups(definition),
  ];
  const byKey = new Map<string, Reference>();
  for (const reference of all) {
    const known = byKey.get(reference.key);
    const places = [...(known?.places ?? []), ...reference.places];
    byKey.set(reference.key, { ...reference, places });
  }
  return [...byKey.values()];
}

function roles(definition: JsonObject): readonly Reference[] {
  return ['taskRoleArn', 'executionRoleArn'].flatMap((place) => {
    const arn = textOf(definition[place]) ?? '';
    // IAM names a role by what stands behind its path.
    const name = shortName(arn);
    return name === ''
      ? []
      : [{ kind: 'role', key: `role ${arn}`, places: [place], name } as const];
  });
}

function logGroups(definition: JsonObject): readonly Reference[] {
  return containersOf(definition).flatMap((container): readonly Reference[] => {
    const options = awslogsOf(container);
    const name = textOf(options?.['awslogs-group']) ?? '';
    if (name === '' || options?.['awslogs-create-group'] === 'true') return [];
    const region = textOf(options?.['awslogs-region']);
    return [
      {
        kind: 'log-group',
        key: `log-group ${region ?? ''} ${name}`,
        places: [containerPlace(container, 'logConfiguration.options.awslogs-group')],
        name,
        region,
      },
    ];
  });
}
