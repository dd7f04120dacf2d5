import { z } from 'zod';
import { AwsError } from '../aws-error.js';
import type { Context } from './context.js';
import { checkAlarms } from './lifecycle.js';
import type { HookFate } from './model.js';

/** What tests and people may set from outside, by name of the route. */
export type ControlRoutes = Readonly<Record<string, (body: unknown) => unknown>>;

const hookSchema = z.discriminatedUnion('status', [
  z.strictObject({
    function: z.string(),
    status: z.literal('Succeeded'),
    afterSeconds: z.number().min(0).default(2),
  }),
  z.strictObject({
    function: z.string(),
    status: z.literal('Failed'),
    message: z.string().default('the validation failed'),
    afterSeconds: z.number().min(0).default(2),
  }),
  z.strictObject({ function: z.string(), status: z.literal('never') }),
]);

const alarmSchema = z.strictObject({ name: z.string(), state: z.enum(['ALARM', 'OK']) });

const rollbackSchema = z.strictObject({ failure: z.string().nullable() });

export function controlRoutes(context: Context): ControlRoutes {
  return {
    'POST codedeploy/hooks': (body) => {
      const { function: name, ...fate } = read(hookSchema, body);
      context.state.hooks.set(name, fate satisfies HookFate);
      return {};
    },
    'POST codedeploy/alarms': (body) => {
      const { name, state } = read(alarmSchema, body);
      if (state === 'OK') context.state.firingAlarms.delete(name);
      else context.state.firingAlarms.add(name);
      checkAlarms(context);
      return {};
    },
    'POST codedeploy/rollbacks': (body) => {
      context.state.rollbackFailure = read(rollbackSchema, body).failure ?? undefined;
      return {};
    },
  };
}

function read<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  throw new AwsError('ValidationException', z.prettifyError(result.error));
}
