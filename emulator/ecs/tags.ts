import type { Tag } from '@aws-sdk/client-ecs';
import { z } from 'zod';
import { AwsError } from '../aws-error.js';
import type { Context } from './context.js';
import { type Input, type Output, parse } from './wire.js';

export const tagsSchema = z.array(
  z.looseObject({ key: z.string().optional(), value: z.string().optional() }),
);

/** Stores the tags of a new resource. Throws InvalidParameterException for more than 50, or a key twice. */
export function setTags(context: Context, arn: string, tags: readonly Tag[] | undefined): void {
  context.state.tags.set(arn, checked([...(tags ?? [])]));
}

export function tagsOf(context: Context, arn: string): Tag[] {
  return context.state.tags.get(arn) ?? [];
}

const resource = z.looseObject({ resourceArn: z.string() });

const tagResourceSchema = resource.extend({ tags: tagsSchema });

export function tagResource(context: Context, input: Input): Output {
  const { resourceArn, tags } = parse(tagResourceSchema, input);
  const keys = new Set(tags.map((tag) => tag.key));
  const kept = existing(context, resourceArn).filter((tag) => !keys.has(tag.key));
  context.state.tags.set(resourceArn, checked([...kept, ...tags]));
  return {};
}

const untagResourceSchema = resource.extend({ tagKeys: z.array(z.string()) });

export function untagResource(context: Context, input: Input): Output {
  const { resourceArn, tagKeys } = parse(untagResourceSchema, input);
  const kept = existing(context, resourceArn).filter((tag) => !tagKeys.includes(tag.key ?? ''));
  context.state.tags.set(resourceArn, kept);
  return {};
}

export function listTagsForResource(context: Context, input: Input): Output {
  return { tags: existing(context, parse(resource, input).resourceArn) };
}

function existing(context: Context, arn: string): Tag[] {
  if (!arn.startsWith('arn:')) {
    throw new AwsError('InvalidParameterException', `Invalid ARN: ${arn}`);
  }
  const tags = context.state.tags.get(arn);
  if (!tags) {
    throw new AwsError('InvalidParameterException', 'The specified resource was not found.');
  }
  return tags;
}

function checked(tags: Tag[]): Tag[] {
  if (tags.length > 50) {
    throw new AwsError('InvalidParameterException', 'Too many tags: at most 50.');
  }
  if (new Set(tags.map((tag) => tag.key)).size !== tags.length) {
    throw new AwsError('InvalidParameterException', 'Duplicate tag keys found.');
  }
  return tags;
}
