/** What a container secret's `valueFrom` refers to. */
export type SecretReference =
  | {
      readonly kind: 'secret';
      readonly id: string;
      readonly region: string;
      readonly stage: string | undefined;
      readonly versionId: string | undefined;
    }
  | {
      readonly kind: 'parameter';
      /** Or its ARN: both name a parameter to SSM. */
      readonly name: string;
      readonly region: string | undefined;
    }
  | { readonly kind: 'malformed'; readonly reason: string };

/**
 * Takes `valueFrom` apart: a secret's ARN, with `:json-key:version-stage:version-id` behind it or
 * not, a parameter's ARN, or a parameter's name in the service's own region (Developer Guide,
 * "Pass Secrets Manager secrets through Amazon ECS environment variables", and the same for
 * Systems Manager parameters). The key itself cannot be checked without reading the secret.
 */
export function parseValueFrom(valueFrom: string): SecretReference {
  if (!valueFrom.startsWith('arn:')) {
    return /^[\w./-]+$/.test(valueFrom)
      ? { kind: 'parameter', name: valueFrom, region: undefined }
      : malformed('is neither an ARN nor the name of a parameter');
  }
  const [, , service, region = '', , kind, ...rest] = valueFrom.split(':');
  if (service === 'secretsmanager' && kind === 'secret') return secretReference(valueFrom);
  if (service !== 'ssm' || kind?.startsWith('parameter/') !== true || rest.length > 0) {
    return malformed('is the ARN of neither a secret nor a parameter');
  }
  return { kind: 'parameter', name: valueFrom, region };
}

function secretReference(valueFrom: string): SecretReference {
  const parts = valueFrom.split(':');
  const [, , , region = '', , , name = '', jsonKey, stage, versionId] = parts;
  if (name === '') return malformed('names no secret');
  if (parts.length !== 7 && parts.length !== 10) {
    return malformed(
      'has parts missing: after the ARN come all three of :json-key:version-stage:version-id, empty or not',
    );
  }
  if (present(stage) !== undefined && present(versionId) !== undefined) {
    return malformed('has a version stage and a version id, of which ECS takes one');
  }
  if (jsonKey?.trim() !== jsonKey) return malformed('has blanks around its JSON key');
  return {
    kind: 'secret',
    id: parts.slice(0, 7).join(':'),
    region,
    stage: present(stage),
    versionId: present(versionId),
  };
}

function present(part: string | undefined): string | undefined {
  return part === '' ? undefined : part;
}

function malformed(reason: string): SecretReference {
  return { kind: 'malformed', reason };
}
