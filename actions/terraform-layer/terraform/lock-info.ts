import { z } from 'zod';
import { parseJsonAs } from '../../shared/json-text.js';

/** Who holds a lock, as Terraform writes it into the lock file of S3 and of the local backend. */
const lockInfoSchema = z.object({
  ID: z.string(),
  Operation: z.string().default(''),
  Who: z.string().default(''),
  Version: z.string().default(''),
  Created: z.string().default(''),
});

export interface LockInfo {
  readonly id: string;
  /** `OperationTypeApply`, `OperationTypePlan`. */
  readonly operation: string;
  readonly who: string;
  readonly version: string;
  /** ISO 8601. */
  readonly created: string;
}

/** Undefined where there is no text, or it is not what Terraform writes. */
export function parseLockInfo(text: string | undefined): LockInfo | undefined {
  const info = text === undefined ? undefined : parseJsonAs(lockInfoSchema, text);
  if (info === undefined) return undefined;
  const { ID, Operation, Who, Version, Created } = info;
  return { id: ID, operation: Operation, who: Who, version: Version, created: Created };
}
