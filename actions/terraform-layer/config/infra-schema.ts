import { z } from 'zod';

const names = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, {
  error: 'a name is made of letters, digits, ".", "_" and "-"',
});

const relativePath = z.string().regex(/^(?!\/)(?!.*(?:^|\/)\.\.(?:\/|$)).+$/, {
  error: 'a path is relative and stays inside',
});

const roleArn = z.string().regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/\S+$/, {
  error: 'a role is written as arn:aws:iam::123456789012:role/name',
});

const guardsSchema = z.strictObject({
  'prevent-destroy': z
    .array(z.string().min(1))
    .optional()
    .meta({
      description:
        'Globs over resource types and addresses that no plan may destroy or replace without ' +
        'being allowed by name. Default: databases, buckets, state, KMS keys, hosted zones.',
    }),
  'max-destroys': z
    .int()
    .min(0)
    .optional()
    .meta({ description: 'How many resources one stack may lose in one apply. Default: 20.' }),
});

const variableSource = z
  .string()
  .regex(/^(?:ssm:\/?[\w.{}/-]+|secretsmanager:[\w./:{}+=@-]+(?:#[\w.-]+)?)$/, {
    error: 'a source is written as ssm:/path/of/parameter or secretsmanager:name#json-key',
  });

const variablesSchema = z.record(names, variableSource).meta({
  description:
    'Terraform variables whose values come from SSM parameters or Secrets Manager, the same in ' +
    'plan and apply. {environment}, {stack} and {project} are filled in.',
});

const environmentSchema = z
  .strictObject({
    apply: z
      .enum(['auto', 'approval', 'never'])
      .optional()
      .meta({
        description:
          'What happens after merge: applied, applied behind the environment’s approval, or only ' +
          'shown. Default: auto for names of development and test environments, else approval.',
      }),
    after: z
      .array(names)
      .optional()
      .meta({ description: 'Environments that are applied before this one.' }),
    unreviewed: z
      .enum(['stop', 'allow'])
      .optional()
      .meta({
        description:
          'What to do with a change that no review has seen. Default: allow where apply is auto, ' +
          'else stop.',
      }),
    region: z
      .string()
      .regex(/^[a-z]{2}(?:-[a-z]+)+-\d$/, { error: 'a region is written as eu-west-1' })
      .optional()
      .meta({ description: 'AWS region of the environment.' }),
    'plan-role': roleArn
      .optional()
      .meta({ description: 'Role that plans and detects drift; reads only.' }),
    'apply-role': roleArn.optional().meta({ description: 'Role that applies.' }),
    'review-key': z
      .string()
      .min(1)
      .optional()
      .meta({
        description:
          'KMS key (HMAC_256, by id, alias or ARN) that keys the digests in review records. ' +
          'Without it sensitive values are not compared.',
      }),
    gate: z
      .enum(['environment', 'reviews', 'dispatch'])
      .optional()
      .meta({
        description:
          'What stands before an apply with apply: approval. environment: reviewers of the ' +
          'GitHub environment; reviews: approving reviews of the pull request’s head; dispatch: ' +
          'a typed confirmation. Default: environment.',
      }),
    approvals: z
      .int()
      .min(1)
      .max(10)
      .optional()
      .meta({ description: 'How many approving reviews gate: reviews asks for. Default: 1.' }),
    guards: guardsSchema.optional().meta({ description: 'Guards of this environment.' }),
    variables: variablesSchema.optional(),
    shared: z
      .boolean()
      .optional()
      .meta({
        description:
          'Whether stacks of other environments may read its state. Default: true for global, ' +
          'shared and common.',
      }),
  })
  .nullable();

const stackSchema = z.strictObject({
  path: relativePath.meta({
    description:
      'Directory of a root module, relative to the working directory. {layer}, {service}, ' +
      '{environment} or any other name in braces stands for one part of it.',
  }),
  after: z.array(z.string().min(1)).default([]).meta({
    description: 'Layers or stacks that these come after, in the same environment; globs.',
  }),
  'var-files': z
    .array(relativePath)
    .default([])
    .meta({ description: 'Var files, relative to the stack; {environment} is filled in.' }),
  'backend-config': z
    .array(relativePath)
    .default([])
    .meta({ description: 'Files for -backend-config, relative to the stack.' }),
  workspace: z
    .string()
    .min(1)
    .optional()
    .meta({ description: 'Workspace to select; {environment} is filled in.' }),
  'moved-from': z
    .array(relativePath)
    .default([])
    .meta({
      description:
        'Former directories of these stacks, with the same names in braces: a stack that was ' +
        'renamed or moved is not taken for a deleted one, and an apply moves its state to the ' +
        'place that its backend names now.',
    }),
});

/** `infra.yml` as written. Strict: an unknown key is a mistake, not an extension. */
export const infraSchema = z
  .strictObject({
    version: z.literal(1).default(1).meta({ description: 'Version of this format.' }),
    project: names.optional().meta({ description: 'Name of the project, for state names.' }),
    environments: z
      .record(names, environmentSchema)
      .default({})
      .meta({ description: 'Environments by name. Default: those that the directories name.' }),
    stacks: z
      .array(stackSchema)
      .default([])
      .meta({ description: 'Where stacks are. Default: the known layouts.' }),
    'state-name': z.string().min(1).default('aws-{stack}-{environment}').meta({
      description: 'Name of HCP Terraform workspaces that no backend block says in full.',
    }),
    'state-name-aliases': z
      .record(names, z.array(names))
      .default({})
      .meta({ description: 'Other names of an environment in state names: production: [prod].' }),
    'external-states': z
      .array(z.string().min(1))
      .default([])
      .meta({
        description:
          'States of other repositories that stacks here read, as globs over s3://bucket/key or ' +
          'cloud://host/organization/workspace.',
      }),
    guards: guardsSchema
      .default({})
      .meta({ description: 'Guards of every environment that does not say otherwise.' }),
    variables: variablesSchema.default({}),
    volatile: z
      .array(z.string().min(1))
      .default([])
      .meta({
        description:
          'Globs over address.attribute whose values differ in every plan (timestamps), and are ' +
          'not compared with the review.',
      }),
    'sibling-state': z
      .enum(['allow', 'deny'])
      .default('allow')
      .meta({ description: 'deny: a stack reads the state of the foundation only.' }),
    foundation: z
      .array(z.string().min(1))
      .default(['plumbing', 'foundation*', '*[-_]foundation', 'shared*'])
      .meta({
        description: 'Layers or stacks that every stack may read where sibling-state is deny.',
      }),
  })
  .meta({ title: 'infra.yml', description: 'How a repository of Terraform stacks is worked on.' });

/** `infra.yml` after zod's defaults, before those that depend on names. */
export type InfraFile = z.output<typeof infraSchema>;

/** JSON Schema (draft 2020-12) of `infra.yml` as a user writes it, for editors. */
export function infraJsonSchema(): Readonly<Record<string, unknown>> {
  return z.toJSONSchema(infraSchema, { io: 'input' });
}
