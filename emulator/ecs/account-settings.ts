import { z } from 'zod';
import { AwsError } from '../aws-error.js';
import type { Context } from './context.js';
import { type Input, type Output, page, parse } from './wire.js';

// Developer Guide, "Access Amazon ECS features with account settings".
const DEFAULTS: Readonly<Record<string, string>> = {
  awsvpcTrunking: 'disabled',
  containerInsights: 'disabled',
  containerInstanceLongArnFormat: 'enabled',
  defaultLogDriverMode: 'non-blocking',
  dualStackIPv6: 'enabled',
  fargateEventWindows: 'disabled',
  fargateFIPSMode: 'disabled',
  fargateTaskRetirementWaitPeriod: '7',
  guardDutyActivate: 'off',
  serviceLongArnFormat: 'enabled',
  tagResourceAuthorization: 'off',
  taskLongArnFormat: 'enabled',
};

function setting(context: Context, name: string) {
  return {
    name,
    value: context.state.accountSettings.get(name) ?? DEFAULTS[name],
    principalArn: `arn:aws:iam::${context.arns.accountId}:root`,
    type: name === 'guardDutyActivate' ? 'aws_managed' : 'user',
  };
}

const putAccountSettingSchema = z.looseObject({ name: z.string(), value: z.string() });

/** PutAccountSetting and PutAccountSettingDefault: one account, one principal. */
export function putAccountSetting(context: Context, input: Input): Output {
  const { name, value } = parse(putAccountSettingSchema, input);
  if (!(name in DEFAULTS)) {
    throw new AwsError('InvalidParameterException', `Invalid account setting name: ${name}`);
  }
  context.state.accountSettings.set(name, value);
  return { setting: setting(context, name) };
}

const deleteAccountSettingSchema = z.looseObject({ name: z.string() });

export function deleteAccountSetting(context: Context, input: Input): Output {
  const { name } = parse(deleteAccountSettingSchema, input);
  context.state.accountSettings.delete(name);
  return { setting: setting(context, name) };
}

const listAccountSettingsSchema = z.looseObject({
  name: z.string().optional(),
  value: z.string().optional(),
  effectiveSettings: z.boolean().optional(),
});

export function listAccountSettings(context: Context, input: Input): Output {
  const filter = parse(listAccountSettingsSchema, input);
  const names = filter.effectiveSettings
    ? Object.keys(DEFAULTS)
    : [...context.state.accountSettings.keys()];
  const settings = names
    .filter((name) => filter.name === undefined || name === filter.name)
    .map((name) => setting(context, name))
    .filter((entry) => filter.value === undefined || entry.value === filter.value);
  const { items, nextToken } = page(settings, input);
  return { settings: items, nextToken };
}
