import { z } from 'zod';

const oneOrMany = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat());

const policySchema = z.object({
  Statement: z.preprocess(
    (value) => (Array.isArray(value) ? (value as unknown[]) : [value]),
    z.array(
      z.object({
        Effect: z.string(),
        Action: oneOrMany.optional(),
        Principal: z.union([z.string(), z.object({ AWS: oneOrMany.optional() })]).optional(),
      }),
    ),
  ),
});

/**
 * Whether a key's policy itself may let a role decrypt: by naming the role, or everybody, as a rule
 * under conditions. A statement for the account as a whole only hands over to the role's own
 * policies (AWS KMS Developer Guide, "Default key policy"). One that cannot be read may allow it.
 */
export function policyAllowsDecrypt(policy: string, roleArn: string): boolean {
  const parsed = policySchema.safeParse(parseJson(policy));
  if (!parsed.success) return true;
  return parsed.data.Statement.some(({ Effect, Action, Principal }) => {
    const names = typeof Principal === 'string' ? [Principal] : (Principal?.AWS ?? []);
    return (
      Effect === 'Allow' &&
      // `NotAction` allows nearly all.
      (Action ?? ['*']).some(coversDecrypt) &&
      names.some((name) => name === '*' || name === roleArn)
    );
  });
}

/** `kms:Decrypt`, or with `*` and `?` for parts of it. */
function coversDecrypt(pattern: string): boolean {
  const expression = pattern
    .replaceAll(/[^\w:*?]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${expression}$`, 'i').test('kms:Decrypt');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
