import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { readInputs } from '../../../actions/ecr-push/inputs.js';
import { report } from '../../../actions/ecr-push/report.js';
import { envFrom } from '../../../actions/shared/env.js';

const file = path.join(import.meta.dirname, '../../../actions/ecr-push/action.yml');
const action = parse(readFileSync(file, 'utf8')) as {
  inputs: Record<string, { default?: string; required?: boolean }>;
  outputs: Record<string, unknown>;
};

it('declares the inputs that are read, no more and no fewer', () => {
  const read = new Set<string>();
  const values: Record<string, string> = { repository: 'a/b', tags: 'v1', 'aws-region': 'x' };
  readInputs(
    (name) => {
      read.add(name);
      return values[name] ?? '';
    },
    envFrom({}),
    undefined,
  );
  expect([...read].sort()).toEqual(Object.keys(action.inputs).sort());
});

it('has defaults that mean the same as leaving the input out', () => {
  const env = envFrom({ AWS_REGION: 'eu-west-1' });
  const required: Record<string, string> = { repository: 'a/b', tags: 'v1' };
  const declared = readInputs(
    (name) => required[name] ?? action.inputs[name]?.default ?? '',
    env,
    undefined,
  );
  expect(declared).toEqual(readInputs((name) => required[name] ?? '', env, undefined));
});

it('declares the outputs that are set, no more and no fewer', () => {
  const { outputs } = report({
    dryRun: false,
    accountId: '1',
    repositories: [],
    key: { kind: 'off' },
    madeWith: 'docker',
    buildSeconds: undefined,
    cache: undefined,
    notes: [],
  });
  expect(Object.keys(outputs).sort()).toEqual(Object.keys(action.outputs).sort());
});
