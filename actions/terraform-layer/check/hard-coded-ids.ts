import { splitBlocks } from '../hcl/split.js';
import type { TextFinding } from './secrets.js';
import { withoutComments } from './source-text.js';

/** Ids that AWS gives to resources which several stacks share (8 or 17 hexadecimal digits). */
const resourceId =
  /\b(vpc|subnet|sg|rtb|igw|nat|acl|tgw|vpce|eipalloc)-(?:[0-9a-f]{17}|[0-9a-f]{8})\b/g;

/** An ARN with an account; those of AWS's own policies have none. */
const accountArn = /\barn:aws[a-z-]*:([a-z0-9-]+):[a-z0-9-]*:\d{12}:[^\s"'\\]+/g;

/**
 * Ids and ARNs that are written out where a reference or an output of the foundation belongs.
 * `terraform` and `provider` blocks are left out: where the state is, and as whom to work, has to be
 * written out. `text` is native syntax, a tfvars file, or JSON.
 */
export function hardCodedIds(text: string): readonly TextFinding[] {
  const code = withoutSettings(withoutComments(text));
  const found: TextFinding[] = [];
  for (const { 0: id, 1: kind = '', index } of code.matchAll(resourceId)) {
    found.push({
      rule: 'hard-coded-id',
      message: `${id} is the id of a shared resource (${kind})`,
      offset: index,
    });
  }
  for (const { 0: arn, 1: service = '', index } of code.matchAll(accountArn)) {
    found.push({
      rule: 'hard-coded-id',
      message: `${arn} names a resource of ${service} by its account`,
      offset: index,
    });
  }
  return found.sort((a, b) => a.offset - b.offset);
}

function withoutSettings(code: string): string {
  let result = code;
  for (const { type, labels, start, end } of splitBlocks(code).blocks) {
    if (labels === undefined || (type !== 'terraform' && type !== 'provider')) continue;
    const blank = code.slice(start, end).replace(/[^\n]/g, ' ');
    result = result.slice(0, start) + blank + result.slice(end);
  }
  return result;
}
