import { randomUUID } from 'node:crypto';
import type { ApplicationInfo } from '@aws-sdk/client-codedeploy';
import { z } from 'zod';
import { AwsError } from '../aws-error.js';
import { type Input, type Output, parse, seconds, type Wire } from '../ecs/wire.js';
import { applicationArn, type Context, groupArn } from './context.js';
import type { ApplicationRecord } from './model.js';

/** Throws ApplicationNameRequiredException, ApplicationDoesNotExistException. */
export function requireApplication(context: Context, name: string | undefined): ApplicationRecord {
  if (name === undefined || name === '') {
    throw new AwsError('ApplicationNameRequiredException', 'Application name is required');
  }
  const application = context.state.applications.get(name);
  if (application) return application;
  throw new AwsError('ApplicationDoesNotExistException', `No application found for name: ${name}`);
}

const tags = z.array(z.looseObject({ Key: z.string().optional(), Value: z.string().optional() }));

const createSchema = z.looseObject({
  applicationName: z.string().optional(),
  computePlatform: z.enum(['ECS', 'Lambda', 'Server']).optional(),
  tags: tags.optional(),
});

export function createApplication(context: Context, input: Input): Output {
  const {
    applicationName: name = '',
    computePlatform = 'Server',
    ...rest
  } = parse(createSchema, input);
  if (!/^.{1,100}$/.test(name)) {
    throw new AwsError('InvalidApplicationNameException', 'Invalid application name');
  }
  if (context.state.applications.has(name)) {
    throw new AwsError('ApplicationAlreadyExistsException', `Application already exists: ${name}`);
  }
  const id = randomUUID();
  context.state.applications.set(name, {
    id,
    name,
    computePlatform,
    createdAtMs: context.clock.now(),
    groups: new Map(),
  });
  context.state.tags.set(applicationArn(context, name), rest.tags ?? []);
  return { applicationId: id };
}

const nameSchema = z.looseObject({ applicationName: z.string().optional() });

export function getApplication(context: Context, input: Input): Output {
  return {
    application: describe(requireApplication(context, parse(nameSchema, input).applicationName)),
  };
}

const updateSchema = nameSchema.extend({ newApplicationName: z.string().optional() });

export function updateApplication(context: Context, input: Input): Output {
  const { applicationName, newApplicationName } = parse(updateSchema, input);
  const application = requireApplication(context, applicationName);
  if (newApplicationName === undefined) return {};
  const before = applicationArn(context, application.name);
  context.state.applications.delete(application.name);
  application.name = newApplicationName;
  context.state.applications.set(newApplicationName, application);
  const kept = context.state.tags.get(before) ?? [];
  context.state.tags.delete(before);
  context.state.tags.set(applicationArn(context, newApplicationName), kept);
  return {};
}

export function deleteApplication(context: Context, input: Input): Output {
  const { applicationName = '' } = parse(nameSchema, input);
  const application = context.state.applications.get(applicationName);
  context.state.applications.delete(applicationName);
  context.state.tags.delete(applicationArn(context, applicationName));
  for (const group of application?.groups.keys() ?? []) {
    context.state.tags.delete(groupArn(context, applicationName, group));
  }
  return {};
}

export function listApplications(context: Context): Output {
  return { applications: [...context.state.applications.keys()].sort() };
}

const batchSchema = z.looseObject({ applicationNames: z.array(z.string()).max(100) });

export function batchGetApplications(context: Context, input: Input): Output {
  const { applicationNames } = parse(batchSchema, input);
  return {
    applicationsInfo: applicationNames.map((name) => describe(requireApplication(context, name))),
  };
}

function describe(application: ApplicationRecord): Wire<ApplicationInfo> {
  return {
    applicationId: application.id,
    applicationName: application.name,
    createTime: seconds(application.createdAtMs),
    linkedToGitHub: false,
    computePlatform: application.computePlatform,
  };
}

const resourceSchema = z.looseObject({ ResourceArn: z.string() });

export function listTags(context: Context, input: Input): Output {
  return { Tags: tagsOf(context, parse(resourceSchema, input).ResourceArn) };
}

export function tagResource(context: Context, input: Input): Output {
  const { ResourceArn: arn, Tags: added } = parse(resourceSchema.extend({ Tags: tags }), input);
  const keys = new Set(added.map(({ Key }) => Key));
  const kept = tagsOf(context, arn).filter(({ Key }) => !keys.has(Key));
  context.state.tags.set(arn, [...kept, ...added]);
  return {};
}

export function untagResource(context: Context, input: Input): Output {
  const schema = resourceSchema.extend({ TagKeys: z.array(z.string()) });
  const { ResourceArn: arn, TagKeys: keys } = parse(schema, input);
  const kept = tagsOf(context, arn).filter(({ Key = '' }) => !keys.includes(Key));
  context.state.tags.set(arn, kept);
  return {};
}

function tagsOf(context: Context, arn: string) {
  const found = context.state.tags.get(arn);
  if (found) return found;
  throw new AwsError('ResourceNotFoundException', `There is no resource ${arn}`);
}
