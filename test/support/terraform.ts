import { readFileSync } from 'node:fs';
import path from 'node:path';
import {
  countChanges,
  noChanges,
  type AttributeChange,
  type ChangeKind,
  type PlanChanges,
  type ResourceChange,
} from '../../actions/terraform-layer/review/changes.js';
import type { StackEnd, StackOutcome } from '../../actions/terraform-layer/schedule/outcome.js';
import type { Stack } from '../../actions/terraform-layer/stacks/workspace.js';
import type { Diagnostic } from '../../actions/terraform-layer/terraform/diagnostics.js';
import type { Terraform, TerraformRun } from '../../actions/terraform-layer/terraform/terraform.js';

const fixtures = path.join(import.meta.dirname, 'fixtures', 'terraform-plans');

/** What real Terraform wrote; see the README beside the files. */
export function terraformFixture(name: string): string {
  return readFileSync(path.join(fixtures, name), 'utf8');
}

export const succeeded: TerraformRun = {
  end: 'succeeded',
  diagnostics: [],
  lines: [],
  milliseconds: 1,
};

export function failed(...diagnostics: readonly Partial<Diagnostic>[]): TerraformRun {
  return {
    ...succeeded,
    end: 'failed',
    diagnostics: diagnostics.map((diagnostic) => ({
      severity: 'error',
      summary: 'it failed',
      detail: '',
      ...diagnostic,
    })),
  };
}

/** A Terraform that notes what is asked of it, and answers as told. */
export function fakeTerraform(answers: Partial<Terraform> = {}): Terraform & {
  readonly calls: string[];
} {
  const calls: string[] = [];
  const noted =
    <A extends readonly [Stack, ...unknown[]], R>(name: string, body: (...args: A) => Promise<R>) =>
    (...args: A): Promise<R> => {
      calls.push(`${name} ${args[0].displayId}`);
      return body(...args);
    };
  const base: Terraform = {
    name: 'terraform',
    init: () => Promise.resolve(succeeded),
    plan: () => Promise.resolve({ ...succeeded, hasChanges: true }),
    show: () => Promise.resolve({ resource_changes: [], output_changes: {} }),
    planAgainst: () => Promise.resolve({ ...succeeded, hasChanges: true }),
    apply: () => Promise.resolve(succeeded),
    outputs: () => Promise.resolve(new Map()),
  };
  const { name, init, plan, planAgainst, show, apply, outputs } = { ...base, ...answers };
  return {
    name,
    calls,
    init: noted('init', init),
    plan: noted('plan', plan),
    planAgainst: noted('planAgainst', planAgainst),
    show: noted('show', show),
    apply: noted('apply', apply),
    outputs: noted('outputs', outputs),
  };
}

export function aResource(
  kind: ChangeKind,
  address: string,
  attributes: readonly Partial<AttributeChange>[] = [],
): ResourceChange {
  return {
    address,
    type: address.split('.')[0] ?? '',
    kind,
    imported: kind === 'import',
    attributes: attributes.map((attribute) => ({
      path: 'name',
      before: { kind: 'absent' },
      after: { kind: 'absent' },
      forcesReplacement: false,
      ...attribute,
    })),
  };
}

export function changesOf(...resources: readonly ResourceChange[]): PlanChanges {
  return { resources, outputs: [], counts: countChanges(resources) };
}

export function anOutcome(
  stack: Stack,
  end: StackEnd,
  rest: Partial<Omit<StackOutcome, 'stack' | 'end'>> = {},
): StackOutcome {
  return {
    stack,
    end,
    changes: noChanges,
    diagnostics: [],
    lines: [],
    milliseconds: 1000,
    ...rest,
  };
}
