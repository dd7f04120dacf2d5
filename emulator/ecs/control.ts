import { z } from 'zod';
import { AwsError } from '../aws-error.js';
import type { Context } from './context.js';
import { setAlarm } from './rollout/alarms.js';
import { HOOK_FATE_SYNTAX, parseHookFate } from './rollout/hook-fates.js';
import { wake } from './rollout/scheduler.js';

const fates = z.record(z.string(), z.string());
const alarms = z.record(z.string(), z.enum(['OK', 'ALARM']));

/**
 * Decides what lies outside of ECS: `hooks`, `{"<function ARN>": "<fate>"}`, and `alarms`,
 * `{"<name>": "ALARM"}`. Returns all that is set. Throws AwsError for what it cannot read.
 */
export function control(context: Context, what: 'hooks' | 'alarms', body: unknown): unknown {
  const { state } = context;
  if (what === 'hooks') {
    const read = Object.entries(parsed(fates, body)).map(([arn, text]) => {
      const fate = parseHookFate(text);
      if (!fate) throw invalid(`${text} is none of ${HOOK_FATE_SYNTAX}`);
      return [arn, fate] as const;
    });
    for (const [arn, fate] of read) state.hookFates.set(arn, fate);
    return Object.fromEntries(state.hookFates);
  }
  for (const [name, value] of Object.entries(parsed(alarms, body))) {
    setAlarm(context, name, value, (service) => wake(context, service));
  }
  return { inAlarm: [...state.alarms] };
}

function parsed<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  throw invalid(z.prettifyError(result.error));
}

function invalid(message: string): AwsError {
  return new AwsError('ValidationException', message);
}
