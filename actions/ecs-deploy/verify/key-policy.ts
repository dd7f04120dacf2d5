import { statementsOf } from './policy-statements.js';

/**
 * Whether a key's policy itself may let a role decrypt: by naming the role, or everybody, as a rule
 * under conditions. A statement for the account as a whole only hands over to the role's own
 * policies (AWS KMS Developer Guide, "Default key policy"). One that cannot be read may allow it.
 */
export function policyAllowsDecrypt(policy: string, roleArn: string): boolean {
  const statements = statementsOf(policy, 'AWS');
  if (statements === undefined) return true;
  return statements.some(
    // `NotAction` allows nearly all.
    ({ effect, actions = ['*'], principals }) =>
      effect === 'Allow' &&
      actions.some(coversDecrypt) &&
      principals.some((name) => name === '*' || name === roleArn),
  );
}

/** `kms:Decrypt`, or with `*` and `?` for parts of it. */
function coversDecrypt(pattern: string): boolean {
  const expression = pattern
    .replaceAll(/[^\w:*?]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${expression}$`, 'i').test('kms:Decrypt');
}
